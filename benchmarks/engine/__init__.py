"""What only this system has to answer for: parents, cancels, lanes, memory, and cost as the backlog grows."""
