"""A campaign: many seeds of many scenarios, on all processors of a machine or of a cluster."""
