"""Charts, pictures and the linked maps, all drawn from numbers given to them."""
