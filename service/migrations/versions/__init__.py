"""One file a revision, in their order; none is changed once it has been released."""
