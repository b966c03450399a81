"""Tests; a package only so that acceptance tests can share what they set up."""
