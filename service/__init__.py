"""The payment service: an HTTP face, a PostgreSQL store, a gateway to the PSP and a worker around the engine."""
