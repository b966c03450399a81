"""The clinic: a production database to try everything on."""
