"""The numbers that the README claims, each from data at hand, printed as one table by one command."""
