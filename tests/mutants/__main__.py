"""Write the mutants into the page of the documentation that lists them."""

from tests.mutants.table import PAGE, page

PAGE.write_text(page(), encoding="utf-8")
