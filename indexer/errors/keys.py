"""The master key, and what is sealed under it."""

from indexer.errors.base import IndexerError


class KeyProblem(IndexerError):
    """The key cannot be used."""


class KeyFileMissing(KeyProblem):
    """There is no key file at {path}: run `homeward init`, or put the copy of the key back there."""


class KeyFileWrong(KeyProblem):
    """The key file {path} is not the right one: {reason}."""


class KeyFileExposed(KeyProblem):
    """The key file {path} can be read by others (mode {mode}); run `chmod 600 {path}`."""


class KeyFileExists(KeyProblem):
    """There is already a key file at {path}; it is never overwritten."""


class KeyNotInFile(KeyProblem):
    """The master key is given in the environment, and only a key file is renewed: put its words into one, mode 600,
    unset HOMEWARD_MASTER_KEY, run this, and give the new words where you gave the old."""


class InstallationInUse(KeyProblem):
    """Something still uses this installation: stop the service, the workers and every other command first."""


class SealBroken(KeyProblem):
    """Sealed bytes could not be opened: they were changed, or belong to another key or another object."""
