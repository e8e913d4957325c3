"""Step 5, what is proven: an append-only log in the public C2SP formats, and its independent verifier.

The path of an entry: `log.Log.append` -> `writer` (write-ahead log, durable) -> `publisher` (tiles, checkpoint, sealed)
-> `verify` (shares no code with the others). Nothing is imported here: an auditor's `sovereign.audit.verify` starts
without writer, engines or schemas.
"""
