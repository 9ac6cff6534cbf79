"""How agencies tell each other things: told, feed, inbox, receipts, parking, digests."""
