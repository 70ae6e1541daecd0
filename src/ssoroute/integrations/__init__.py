"""The library inside programs of others, one file for each; none is imported before it is used."""
