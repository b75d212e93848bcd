"""What English sentences say: names, numbers and units, negations, who said it."""
