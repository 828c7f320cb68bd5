"""Many event streams on one web process while items finish, beside a bare Flask stream."""
