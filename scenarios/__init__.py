"""The stage: customers, scenarios, the virtual and the live world, and the command line."""
