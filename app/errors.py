"""What can go wrong between a person and a record, and the one table that turns every error into an HTTP status."""

from indexer import errors as indexer_errors
from models import errors as record_errors
from models.errors import HomewardError


class AppError(HomewardError):
    """The request could not be served."""


class NotSignedIn(AppError):
    """Sign in first: the token is missing, unknown, expired or revoked."""


class SignInRefused(AppError):
    """The name, the password or the invitation is wrong or no longer valid."""


class SecondStepWanted(AppError):
    """This account has a passkey: sign in with it, or give one of its recovery codes (recovery_code) as well."""


class PasskeysNotSetUp(AppError):
    """There are no passkeys here yet: its operator has to set public_origin, the address that browsers show."""


class PasskeyRefused(AppError):
    """The passkey was not taken: it is not one of this account's, or it did not answer as asked, or too late. Try
    again."""


class PasskeyCopied(PasskeyRefused):
    """The passkey was not taken: its counter went back, so there may be a copy of it. Remove it from the account."""


class TooManyPasskeys(AppError):
    """{limit} passkeys are the most for one account; remove one first."""


class PasskeyWanted(AppError):
    """Your role needs a passkey here; register one on your account page (/account) first."""


class ProofStale(AppError):
    """Show your password or a passkey once more first; that is good for {minutes} minutes."""


class PasswordWrong(AppError):
    """That is not the password of this account."""


class NotAllowed(AppError):
    """Your role may not do this."""


class AccountNotApproved(AppError):
    """A supervisor has to approve this account before it can be used."""


class NotFound(AppError):
    """There is no such {thing}, or it is not yours to see."""


class CaseNotApproved(AppError):
    """A supervisor has to approve the case before it can be searched."""


class CaseIncomplete(AppError):
    """The case cannot be approved while this is missing: {missing}."""


class DatesImpossible(AppError):
    """These dates cannot be right: {reason}."""


class TooManyRequests(AppError):
    """That was too often; wait {seconds} seconds and try again."""


class BodyTooLarge(AppError):
    """The request is larger than {limit} bytes."""


class BodyTooSlow(AppError):
    """The request came too slowly and was given up; send it again where the connection is better."""


class BodyUnreadable(AppError):
    """The body of the request could not be read: it is cut short or not what its Content-Type says."""


class MethodNotAllowed(AppError):
    """This address does not take requests of this method."""


class ChangedMeanwhile(AppError):
    """Someone else changed this at the same moment; read it again and decide anew."""


class InternalError(AppError):
    """Something unexpected went wrong, and nothing was kept; the operator finds it in the log by the request id."""


class CursorInvalid(AppError):
    """The cursor does not belong to this list; begin again without one."""


class RequestInvalid(AppError):
    """The request does not have the expected form."""


class IdempotencyKeyReused(AppError):
    """This Idempotency-Key was already used for another request; make a new one for each new thing."""


class NameTaken(AppError):
    """The name {name} is taken; choose another."""


class PasswordWeak(AppError):
    """The password must have at least {length} characters and not be a common one."""


class PasswordNotWanted(AppError):
    """Volunteers have no password, they get a key; leave the password out."""


class KeyNotForRole(AppError):
    """Keys are for active volunteers only; everyone else signs in."""


class LastOfRole(AppError):
    """This is the last active {role}; there must be another one first."""


class ConductNotAccepted(AppError):
    """The conduct rules must be accepted first (accept_conduct: true)."""


class NothingToReview(AppError):
    """There is nothing to review at the moment."""


class ReviewLimitReached(AppError):
    """{limit} answers a day are the limit: tired eyes err. Go on tomorrow."""


class SearchQuotaReached(AppError):
    """This case, or this account, had its {limit} searches of a day: go on in {seconds} seconds. Standing search goes
    on meanwhile."""


class ReleaseChanged(AppError):
    """The release was proposed anew, to another authority; read it again before you agree."""


class NobodyChosen(AppError):
    """Tick at least one of the people in the photo; to erase all of it, use the other button."""


class PhotoWithdrawn(AppError):
    """The volunteer took this candidate's photo back, and no supervisor has decided on that yet: decide on it first
    (GET /v1/erasures). The photo comes back by itself when another volunteer sends it too."""


class FormForeign(AppError):
    """This form did not come from a page of ours, or the page is older than your session. Open the page again."""


class ServiceBusy(AppError):
    """The service is busy; try again in a few seconds."""


# The nearest class up the tree decides. One error, one status; the code in the body tells them apart.
STATUS: dict[type[HomewardError], int] = {
    HomewardError: 500,
    record_errors.WrongState: 409,
    record_errors.AlreadyAnswered: 409,
    record_errors.SamePerson: 403,
    record_errors.DatabaseKeyWrong: 503,
    indexer_errors.DecoderUnavailable: 503,
    indexer_errors.ImageRefused: 422,
    indexer_errors.ImageTypeUnsupported: 415,
    indexer_errors.UploadQuotaReached: 429,
    indexer_errors.OnHold: 409,
    indexer_errors.FaceRefused: 422,
    indexer_errors.ReferenceKnown: 409,
    indexer_errors.CaseNotSearchable: 409,
    indexer_errors.GalleryNotReady: 503,
    indexer_errors.GalleryError: 500,
    indexer_errors.PackError: 503,
    indexer_errors.KeyProblem: 503,
    indexer_errors.StorageError: 500,
    indexer_errors.StorageFull: 507,
    indexer_errors.StoredTooLate: 503,
    AppError: 400,
    BodyUnreadable: 400,
    MethodNotAllowed: 405,
    ChangedMeanwhile: 409,
    InternalError: 500,
    CursorInvalid: 422,
    NotSignedIn: 401,
    SignInRefused: 401,
    SecondStepWanted: 401,
    PasskeysNotSetUp: 409,
    PasskeyRefused: 422,
    TooManyPasskeys: 409,
    PasskeyWanted: 403,
    ProofStale: 403,
    PasswordWrong: 422,
    NotAllowed: 403,
    AccountNotApproved: 403,
    NotFound: 404,
    CaseNotApproved: 409,
    CaseIncomplete: 409,
    DatesImpossible: 422,
    TooManyRequests: 429,
    BodyTooLarge: 413,
    BodyTooSlow: 408,
    RequestInvalid: 422,
    IdempotencyKeyReused: 409,
    NameTaken: 409,
    PasswordWeak: 422,
    PasswordNotWanted: 422,
    KeyNotForRole: 409,
    LastOfRole: 409,
    ConductNotAccepted: 422,
    NothingToReview: 404,
    ReviewLimitReached: 429,
    SearchQuotaReached: 429,
    ReleaseChanged: 409,
    PhotoWithdrawn: 409,
    NobodyChosen: 422,
    FormForeign: 403,
    ServiceBusy: 503,
}


def status_of(error: type[HomewardError]) -> int:
    """The HTTP status of an error class."""
    return next(STATUS[kind] for kind in error.__mro__ if kind in STATUS)
