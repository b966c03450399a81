"""One file for each way of recognising what a column holds."""
