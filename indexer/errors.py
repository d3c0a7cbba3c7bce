"""What can go wrong between a file and a candidate.

IndexerError
├── ImageRefused             ImageEmpty ImageTypeUnsupported ImageTooLarge ImageTooSmall ImageCorrupt ImageDecodeLimit
├── DecoderUnavailable
├── PackError                PackMissing PackDamaged PackSourceMissing PackLicenceNotAccepted PackNameUnknown ...
├── CohortRefused            CohortTooSmall CohortNotNeeded
├── GalleryError             FaceAlreadyInGallery ForeignPack TemplateUnusable
│   └── SnapshotError        SnapshotMissing SnapshotDamaged SnapshotForeign SnapshotNotWritten
├── KeyProblem               KeyFileMissing KeyFileWrong KeyFileExposed KeyFileExists SealBroken
├── StorageError             BlobMissing BlobNameUnusable StorageUnavailable StorageFull StoredTooLate
├── PhotoRefused             FileTooLarge FileUnreadable
└── EvaluationError          DatasetEmpty DatasetUnclear DatasetLineWrong DatasetTooFewPeople ...
"""

from models.errors import HomewardError


class IndexerError(HomewardError):
    """The indexer could not do this."""


# --- images ---------------------------------------------------------------------------------------------------------


class ImageRefused(IndexerError):
    """The file was refused."""


class ImageEmpty(ImageRefused):
    """The file is empty; send the original file again, or leave it out."""


class ImageTypeUnsupported(ImageRefused):
    """The file is not a JPEG, PNG or WebP picture; its name and declared type do not count, only its content."""


class ImageTooLarge(ImageRefused):
    """The picture claims more than {limit} megapixels or a side of over 65,500 pixels; send a smaller copy."""


class ImageTooSmall(ImageRefused):
    """The picture is {width} x {height} pixels; at least {limit} on each side are needed."""


class ImageCorrupt(ImageRefused):
    """The picture is damaged or cut short and cannot be read to its end; send the original file again."""


class ImageDecodeLimit(ImageRefused):
    """Reading the picture needed more time or memory than is allowed, or broke its reader."""


class DecoderUnavailable(IndexerError):
    """Pictures cannot be read just now: {reason}. This is no fault of the picture; `homeward doctor` looks further."""


# --- packs ----------------------------------------------------------------------------------------------------------


class PackError(IndexerError):
    """The pack cannot be used."""


class PackNameUnknown(PackError):
    """There is no pack called {pack}; `homeward packs list` shows those known here."""


class PackMissing(PackError):
    """The pack {pack} is not installed at {path}: run `homeward packs install {pack} --accept-license`."""


class PackSourceMissing(PackError):
    """The file {file} that the pack {pack} is made from is missing; {remedy}."""


class PackSourceUnnamed(PackError):
    """Where the pack {pack} comes from is not known here: name its folder or ZIP with --from."""


class PackNotFetched(PackError):
    """The pack {pack} could not be fetched from {url}: {reason}. Fetch it elsewhere and install it with --from ZIP."""


class PackDamaged(PackError):
    """The file {file} of the pack {pack} is damaged: its SHA-256 is {found}, recorded was {expected}; {remedy}."""


class PackUnreadable(PackError):
    """The file {file} of the pack {pack} cannot be read: {reason}."""


class PackLicenceNotAccepted(PackError):
    """The pack {pack} has a licence that must be read and accepted first: add --accept-license."""


class PackNotInstalled(PackError):
    """The pack {pack} could not be written to {path}: {reason}. What was there before is unchanged."""


class PackIncomplete(PackError):
    """The folder of the pack {pack} has no {part} model; an InsightFace pack holds detection and recognition."""


class PackProviderUnavailable(PackError):
    """ONNX Runtime was asked for {wanted} but loaded {loaded}; install the right build or change the setting."""


class PackFailed(PackError):
    """The pack {pack} failed on a picture ({kind}); if it does so on each, check it with `homeward packs verify`."""


# --- gallery --------------------------------------------------------------------------------------------------------


class GalleryError(IndexerError):
    """The gallery could not do this."""


class FaceAlreadyInGallery(GalleryError):
    """Face {face_id} is already in the gallery."""


class ForeignPack(GalleryError):
    """Templates of pack {found} cannot be compared with those of pack {expected}."""


class TemplateUnusable(GalleryError):
    """A template must have {dimension} finite numbers and unit length: {reason}."""


class GalleryNotReady(GalleryError):
    """The gallery is still being loaded; try again in a few seconds."""


class SnapshotError(GalleryError):
    """The snapshot cannot be used."""


class SnapshotMissing(SnapshotError):
    """There is no snapshot at {path}."""


class SnapshotDamaged(SnapshotError):
    """The snapshot {path} is damaged: {reason}."""


class SnapshotForeign(SnapshotError):
    """The snapshot {path} was made for pack {found}; this gallery is of pack {expected}."""


class SnapshotNotWritten(SnapshotError):
    """The snapshot {path} could not be written: {reason}. Searches go on; the next start-up takes longer."""


# --- keys and storage -----------------------------------------------------------------------------------------------


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


class SealBroken(KeyProblem):
    """Sealed bytes could not be opened: they were changed, or belong to another key or another object."""


class StorageError(IndexerError):
    """The storage could not do this."""


class BlobMissing(StorageError):
    """The stored file {name} is missing; `homeward doctor` lists what else is."""


class BlobNameUnusable(StorageError):
    """{name} is no name for stored bytes."""


class StorageUnavailable(StorageError):
    """The storage did not do this: {reason}. Nothing was half kept; try again when it works."""


class StorageFull(StorageError):
    """There is no room left to store this; nothing was kept. Free space and send it again."""


class StoredTooLate(StorageError):
    """Stored bytes were not recorded in time and may have been cleared away; nothing was kept, do it again."""


# --- photos ---------------------------------------------------------------------------------------------------------


class PhotoRefused(IndexerError):
    """The photo was not taken in."""


class FileTooLarge(PhotoRefused):
    """The file is larger than {limit} bytes."""


class FileUnreadable(PhotoRefused):
    """The file cannot be read: {reason}."""


class VolunteerUnknown(IndexerError):
    """There is no active volunteer account called {name}; photos are taken in under one."""


# --- faces and searches ---------------------------------------------------------------------------------------------


class FaceRefused(IndexerError):
    """The face cannot be used."""


class NoFaceFound(FaceRefused):
    """No face was found: {advice}."""


class FaceNumberUnknown(FaceRefused):
    """There is no face number {number}; the picture has faces 0 to {last}."""


class ReferenceKnown(FaceRefused):
    """This picture is already a reference of the case."""


class CaseNotSearchable(IndexerError):
    """The case cannot be searched: {reason}."""


# --- messages --------------------------------------------------------------------------------------------------------


class MessageNotSent(IndexerError):
    """A message could not be sent by {channel}: {reason}. It waits and is tried again."""


# --- cohorts ---------------------------------------------------------------------------------------------------------


class CohortRefused(IndexerError):
    """The pictures make no cohort."""


class CohortTooSmall(CohortRefused):
    """Only {count} pictures of the folder show a face of their own; {least} are needed, or normalising would harm."""


class CohortNotNeeded(CohortRefused):
    """{count} references of open cases, or faces of linked children, speak better than any folder and are used."""


class LinkingWrong(IndexerError):
    """This is no threshold for linking faces: {reason}."""


# --- evaluation -----------------------------------------------------------------------------------------------------


class EvaluationError(IndexerError):
    """The evaluation cannot be made."""


class DatasetEmpty(EvaluationError):
    """The folder {folder} holds no picture; give one with pictures, one folder or name or table line per person."""


class DatasetUnclear(EvaluationError):
    """{file} does not fit the rest of the dataset: {reason}."""


class DatasetLineWrong(EvaluationError):
    """Line {line} of {file} cannot be used: {reason}."""


class DatasetTooFewPeople(EvaluationError):
    """The dataset {folder} shows {people} person; at least two are needed to tell anybody from anybody."""


class DatasetUnreadable(EvaluationError):
    """{file} cannot be read: {reason}."""


class EvaluationExtraMissing(EvaluationError):
    """`homeward evaluate` needs {package}: run `make evaluation`, or `uv pip install 'homeward[evaluate]'`."""


class CacheUnusable(EvaluationError):
    """The cache {file} cannot be used: {reason}. It holds nothing that cannot be made again: delete it, or give another
    folder with --cache."""


class ReportNotWritten(EvaluationError):
    """The report cannot be written to {path}: {reason}."""


class NothingFitted(EvaluationError):
    """Nothing was fitted: {reason}. The rest of the report is written."""


class CalibrationWrong(EvaluationError):
    """This is no calibration that can be used: {reason}."""
