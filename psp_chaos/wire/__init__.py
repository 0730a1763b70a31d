"""Stripe's v1 wire protocol: the only folder that knows how anything is spelled."""
