"""What can go wrong between a file and a candidate: one file for each noun, and every name to be imported from here.

IndexerError
├── ImageRefused             ImageEmpty ImageTypeUnsupported ImageTooLarge ImageTooSmall ImageCorrupt ImageDecodeLimit
├── DecoderUnavailable
├── PackError                PackMissing PackDamaged PackSourceMissing PackLicenceNotAccepted PackNameUnknown ...
├── GalleryError             FaceAlreadyInGallery ForeignPack TemplateUnusable GalleryNotReady
│   └── SnapshotError        SnapshotMissing SnapshotDamaged SnapshotForeign SnapshotNotWritten
├── KeyProblem               KeyFileMissing KeyFileWrong KeyFileExposed KeyFileExists SealBroken
├── StorageError             BlobMissing BlobNameUnusable StorageUnavailable StorageFull StoredTooLate
│                            DataDirExposed DataExposed
├── PhotoRefused             FileTooLarge FileUnreadable
├── OnHold
├── UploadQuotaReached
├── VolunteerUnknown
├── FaceRefused              NoFaceFound FaceNumberUnknown ReferenceKnown
├── CaseNotSearchable
├── CohortRefused            CohortTooSmall CohortNotNeeded
├── LinkingWrong
├── MessageNotSent
├── AnchorFileUnreadable
└── EvaluationError          DatasetEmpty DatasetUnclear DatasetLineWrong DatasetTooFewPeople ...

`X as X` says, to type checkers too, that a name is there to be imported.
"""

from indexer.errors.anchors import AnchorFileUnreadable as AnchorFileUnreadable
from indexer.errors.base import IndexerError as IndexerError
from indexer.errors.evaluation import CacheUnusable as CacheUnusable
from indexer.errors.evaluation import CalibrationWrong as CalibrationWrong
from indexer.errors.evaluation import DatasetEmpty as DatasetEmpty
from indexer.errors.evaluation import DatasetLineWrong as DatasetLineWrong
from indexer.errors.evaluation import DatasetTooFewPeople as DatasetTooFewPeople
from indexer.errors.evaluation import DatasetUnclear as DatasetUnclear
from indexer.errors.evaluation import DatasetUnreadable as DatasetUnreadable
from indexer.errors.evaluation import EvaluationError as EvaluationError
from indexer.errors.evaluation import EvaluationExtraMissing as EvaluationExtraMissing
from indexer.errors.evaluation import NothingFitted as NothingFitted
from indexer.errors.evaluation import ReportNotWritten as ReportNotWritten
from indexer.errors.gallery import FaceAlreadyInGallery as FaceAlreadyInGallery
from indexer.errors.gallery import ForeignPack as ForeignPack
from indexer.errors.gallery import GalleryError as GalleryError
from indexer.errors.gallery import GalleryNotReady as GalleryNotReady
from indexer.errors.gallery import SnapshotDamaged as SnapshotDamaged
from indexer.errors.gallery import SnapshotError as SnapshotError
from indexer.errors.gallery import SnapshotForeign as SnapshotForeign
from indexer.errors.gallery import SnapshotMissing as SnapshotMissing
from indexer.errors.gallery import SnapshotNotWritten as SnapshotNotWritten
from indexer.errors.gallery import TemplateUnusable as TemplateUnusable
from indexer.errors.images import DecoderUnavailable as DecoderUnavailable
from indexer.errors.images import ImageCorrupt as ImageCorrupt
from indexer.errors.images import ImageDecodeLimit as ImageDecodeLimit
from indexer.errors.images import ImageEmpty as ImageEmpty
from indexer.errors.images import ImageRefused as ImageRefused
from indexer.errors.images import ImageTooLarge as ImageTooLarge
from indexer.errors.images import ImageTooSmall as ImageTooSmall
from indexer.errors.images import ImageTypeUnsupported as ImageTypeUnsupported
from indexer.errors.keys import InstallationInUse as InstallationInUse
from indexer.errors.keys import KeyFileExists as KeyFileExists
from indexer.errors.keys import KeyFileExposed as KeyFileExposed
from indexer.errors.keys import KeyFileMissing as KeyFileMissing
from indexer.errors.keys import KeyFileWrong as KeyFileWrong
from indexer.errors.keys import KeyNotInFile as KeyNotInFile
from indexer.errors.keys import KeyProblem as KeyProblem
from indexer.errors.keys import SealBroken as SealBroken
from indexer.errors.messages import MessageNotSent as MessageNotSent
from indexer.errors.packs import PackDamaged as PackDamaged
from indexer.errors.packs import PackError as PackError
from indexer.errors.packs import PackFailed as PackFailed
from indexer.errors.packs import PackIncomplete as PackIncomplete
from indexer.errors.packs import PackLicenceNotAccepted as PackLicenceNotAccepted
from indexer.errors.packs import PackMissing as PackMissing
from indexer.errors.packs import PackNameUnknown as PackNameUnknown
from indexer.errors.packs import PackNotFetched as PackNotFetched
from indexer.errors.packs import PackNotInstalled as PackNotInstalled
from indexer.errors.packs import PackProviderUnavailable as PackProviderUnavailable
from indexer.errors.packs import PackSourceMissing as PackSourceMissing
from indexer.errors.packs import PackSourceUnnamed as PackSourceUnnamed
from indexer.errors.packs import PackUnreadable as PackUnreadable
from indexer.errors.photos import FileTooLarge as FileTooLarge
from indexer.errors.photos import FileUnreadable as FileUnreadable
from indexer.errors.photos import OnHold as OnHold
from indexer.errors.photos import PhotoRefused as PhotoRefused
from indexer.errors.photos import UploadQuotaReached as UploadQuotaReached
from indexer.errors.photos import VolunteerUnknown as VolunteerUnknown
from indexer.errors.scores import CohortNotNeeded as CohortNotNeeded
from indexer.errors.scores import CohortRefused as CohortRefused
from indexer.errors.scores import CohortTooSmall as CohortTooSmall
from indexer.errors.scores import LinkingWrong as LinkingWrong
from indexer.errors.searches import CaseNotSearchable as CaseNotSearchable
from indexer.errors.searches import FaceNumberUnknown as FaceNumberUnknown
from indexer.errors.searches import FaceRefused as FaceRefused
from indexer.errors.searches import NoFaceFound as NoFaceFound
from indexer.errors.searches import ReferenceKnown as ReferenceKnown
from indexer.errors.storage import BlobMissing as BlobMissing
from indexer.errors.storage import BlobNameUnusable as BlobNameUnusable
from indexer.errors.storage import DataDirExposed as DataDirExposed
from indexer.errors.storage import DataExposed as DataExposed
from indexer.errors.storage import StorageError as StorageError
from indexer.errors.storage import StorageFull as StorageFull
from indexer.errors.storage import StorageUnavailable as StorageUnavailable
from indexer.errors.storage import StoredTooLate as StoredTooLate
