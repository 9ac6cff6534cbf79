"""The command line `phoihop`."""
