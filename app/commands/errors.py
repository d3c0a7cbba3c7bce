"""What can go wrong between an operator and an installation: each is one line and exit status 1."""

from app.errors import AppError


class KeyPlaceUnsafe(AppError):
    """The key file {path} lies inside the data directory, where a backup of one would hold both.

    Set HOMEWARD_KEY_FILE to a place outside of it."""


class KeyCopyMissing(AppError):
    """The key has not been copied; run `homeward init` again when you can keep a copy."""


class ListeningUnsafe(AppError):
    """Listening on {host} would send passwords, tokens and faces over the network in the clear.

    Set HOMEWARD_TLS_CERTIFICATE and HOMEWARD_TLS_KEY, or HOMEWARD_BEHIND_PROXY=true where a proxy does TLS."""


class AddressUnusable(AppError):
    """{host} port {port} cannot be listened on: {reason}. Set HOMEWARD_PORT or HOMEWARD_HOST, or end what uses it."""


class TlsUnusable(AppError):
    """HOMEWARD_TLS_CERTIFICATE and HOMEWARD_TLS_KEY cannot be used: {reason}."""


class TlsKeyExposed(AppError):
    """Every account of this machine can read the TLS key {path} (mode {mode}); run `chmod o-rwx {path}`."""


class DataDirUnusable(AppError):
    """The data directory {path} cannot be used: {reason}. Set HOMEWARD_DATA_DIR to a folder of yours."""


class AccountUnknown(AppError):
    """There is no account called {name}; `homeward users list` shows them all."""


class AccountCannot(AppError):
    """{name} may not do this: it takes an active {role}."""


class PhotoNotFailed(AppError):
    """No failed photo has the id {ids}; nothing was changed."""


class ExportNotWritten(AppError):
    """{path} cannot be written: {reason}. Name a file that is not there yet, in a folder of yours."""


class ExportNotRead(AppError):
    """{path} cannot be read: {reason}."""
