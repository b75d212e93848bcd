"""The version of the package, which its metadata take from here."""

VERSION = "0.2.0"
