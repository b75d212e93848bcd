"""What becomes of an index under killed and rival writers, full disks and bad files, measured by doing it to them."""
