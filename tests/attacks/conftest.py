"""A running service, and browsers before it, as the tests of the service have them."""

from tests.app.conftest import make_house, service, service_settings
from tests.app.pages.conftest import visit

__all__ = ["make_house", "service", "service_settings", "visit"]
