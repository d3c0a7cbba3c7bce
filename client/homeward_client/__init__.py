"""A Python client for a Homeward service. It stands alone: nothing of the server is needed.

from homeward_client import Client

with Client("https://homeward.example.org", token) as client:
    receipt = client.photos.upload(Path("street.jpg"), place="Market gate")
"""

from homeward_client.client import Client
from homeward_client.errors import ClientError, Refused, ServiceUnreachable

__all__ = ["Client", "ClientError", "Refused", "ServiceUnreachable"]
