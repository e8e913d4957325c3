"""Step 3, what is demanded: policies, their typed form, and what evaluates them."""
