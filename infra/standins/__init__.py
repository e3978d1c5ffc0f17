"""Stand-ins of the world outside: each is a platform's or carrier's API in memory, and behaves as its documents say."""
