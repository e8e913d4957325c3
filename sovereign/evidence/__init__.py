"""The log turned into things that people read: so far, whether what it says follows from what it recorded."""
