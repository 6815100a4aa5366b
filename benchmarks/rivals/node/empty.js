// An empty program on Node.
