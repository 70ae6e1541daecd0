"""Who asks the system: the clients, and what each of them hands over."""
