"""What an editor asks about a profile that somebody types: findings, keys, values, repairs."""
