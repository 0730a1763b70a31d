"""A payment provider that speaks Stripe's wire and misbehaves on request."""
