//! The table of classes and functions that have a meaning.

use std::fmt;

/// A class or function that a pickle names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Global {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) known: Known,
}

/// What a class or function means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// `object`: the base of an instance.
    Object,
    List,
    Set,
    Map,
    /// A dict whose first argument is the default factory.
    DefaultMap,
    /// Its argument as text: `str`, `Decimal`, `Fraction`.
    Text,
    /// Its argument as it is: `int`, `float`, `bool`.
    Same,
    Bytes,
    /// `_codecs.encode`: bytes in a pickle of protocols 0 to 2.
    Encode,
    /// `getattr`: a class within a class.
    GetAttr,
    /// `copyreg._reconstructor`: an instance in protocols 0 and 1.
    Reconstructor,
    /// `copyreg.__newobj__`.
    NewObj,
    /// Attributes and nothing else.
    Namespace,
    DateTime,
    Date,
    Time,
    Duration,
    TimeZone,
    Utc,
    PytzZone,
    /// Minutes before UTC.
    PytzOffset,
    /// A zone of the system's database: its name.
    ZoneInfo,
    /// The same of dateutil, by its file.
    DateutilZone,
    PandasTimestamp,
    PandasDuration,
    /// Called or not, it is null: pandas' `NaT` and `NA`.
    Nothing,
    Uuid,
    ObjectId,
    /// `bson.Decimal128`.
    Decimal128,
    /// `bson.Binary`: bytes and their subtype.
    Binary,
    MinKey,
    MaxKey,
    /// `bson.Regex`, `bson.Timestamp`, `bson.DBRef`, `DatetimeMS`: see [`libraries`](super::libraries).
    Regex,
    BsonTimestamp,
    DbRef,
    DatetimeMs,
    /// Django's `model_unpickle`: a model, whose fields follow.
    DjangoModel,
    /// `pathlib`'s paths with slashes, and those of Windows.
    Path,
    WindowsPath,
    /// `ipaddress`: the address as a number.
    Ipv4,
    Ipv6,
    Array,
    ArrayReconstruct,
    ArrayFromBuffer,
    Scalar,
    Dtype,
    /// A class of the program that wrote the pickle: instances are their attributes, enum members their values.
    Foreign,
    /// Something of Python's own or of a library that is not in this table: refused when it is used.
    Unread,
}

impl Global {
    pub(super) fn new(module: &str, name: &str) -> Global {
        Global { module: module.to_owned(), name: name.to_owned(), known: known(module, name) }
    }

    /// Whether the name is written like that of a class and not like that of a function.
    pub(super) fn looks_like_a_class(&self) -> bool {
        let last = self.name.rsplit('.').next().unwrap_or_default();
        last.trim_start_matches('_').starts_with(char::is_uppercase)
    }
}

impl fmt::Display for Global {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.module, self.name)
    }
}

fn known(module: &str, name: &str) -> Known {
    match module {
        "builtins" | "__builtin__" => builtin(name),
        "copyreg" | "copy_reg" => match name {
            "_reconstructor" => Known::Reconstructor,
            "__newobj__" => Known::NewObj,
            _ => Known::Unread,
        },
        "collections" => match name {
            "OrderedDict" | "Counter" => Known::Map,
            "defaultdict" => Known::DefaultMap,
            "deque" => Known::List,
            _ => Known::Unread,
        },
        "datetime" => match name {
            "datetime" => Known::DateTime,
            "date" => Known::Date,
            "time" => Known::Time,
            "timedelta" => Known::Duration,
            "timezone" => Known::TimeZone,
            _ => Known::Unread,
        },
        "numpy" => match name {
            "ndarray" => Known::Array,
            "dtype" => Known::Dtype,
            _ => Known::Unread,
        },
        _ => known_elsewhere(module, name),
    }
}

fn builtin(name: &str) -> Known {
    match name {
        "object" => Known::Object,
        "list" | "tuple" => Known::List,
        "set" | "frozenset" => Known::Set,
        "dict" => Known::Map,
        "str" | "unicode" => Known::Text,
        "int" | "long" | "float" | "bool" => Known::Same,
        "bytes" | "bytearray" => Known::Bytes,
        "getattr" => Known::GetAttr,
        _ => Known::Unread,
    }
}

fn known_elsewhere(module: &str, name: &str) -> Known {
    match module.split('.').next() {
        Some("bson") => of_bson(module, name),
        Some("dateutil") => of_dateutil(module, name),
        Some("pathlib") => of_pathlib(name),
        _ => known_in_others(module, name),
    }
}

fn of_bson(module: &str, name: &str) -> Known {
    match (module, name) {
        ("bson.objectid", "ObjectId") => Known::ObjectId,
        ("bson.decimal128", "Decimal128") => Known::Decimal128,
        ("bson.binary", "Binary") => Known::Binary,
        ("bson.min_key", "MinKey") => Known::MinKey,
        ("bson.max_key", "MaxKey") => Known::MaxKey,
        ("bson.regex", "Regex") => Known::Regex,
        ("bson.timestamp", "Timestamp") => Known::BsonTimestamp,
        ("bson.dbref", "DBRef") => Known::DbRef,
        ("bson.datetime_ms", "DatetimeMS") => Known::DatetimeMs,
        ("bson.son", "SON") => Known::Map,
        ("bson.tz_util", "FixedOffset") => Known::TimeZone,
        _ => Known::Foreign,
    }
}

fn of_dateutil(module: &str, name: &str) -> Known {
    match (module, name) {
        ("dateutil.tz.tz" | "dateutil.tz", "tzutc") => Known::Utc,
        ("dateutil.tz.tz" | "dateutil.tz", "tzoffset") => Known::TimeZone,
        ("dateutil.tz.tz" | "dateutil.tz", "tzfile")
        | ("dateutil.tz._tzfile", "_unpickle")
        | ("dateutil.zoneinfo", "gettz") => Known::DateutilZone,
        _ => Known::Foreign,
    }
}

fn of_pathlib(name: &str) -> Known {
    match name {
        "PosixPath" | "PurePosixPath" => Known::Path,
        "WindowsPath" | "PureWindowsPath" => Known::WindowsPath,
        _ => Known::Unread,
    }
}

fn known_in_others(module: &str, name: &str) -> Known {
    match (module, name) {
        ("_codecs", "encode") => Known::Encode,
        ("types", "SimpleNamespace") | ("argparse", "Namespace") => Known::Namespace,
        ("decimal" | "_decimal" | "_pydecimal", "Decimal") | ("fractions", "Fraction") => Known::Text,
        ("uuid", "UUID") => Known::Uuid,
        ("bson.objectid" | "bson", "ObjectId") => Known::ObjectId,
        ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Known::ArrayReconstruct,
        ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Known::Scalar,
        ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Known::ArrayFromBuffer,
        ("pytz", "_UTC" | "UTC") => Known::Utc,
        ("pytz", "_p") => Known::PytzZone,
        ("pytz", "FixedOffset") => Known::PytzOffset,
        ("zoneinfo" | "backports.zoneinfo", "ZoneInfo" | "ZoneInfo._unpickle") => Known::ZoneInfo,
        ("pandas._libs.tslibs.timestamps", "_unpickle_timestamp") => Known::PandasTimestamp,
        ("pandas._libs.tslibs.timedeltas", "_timedelta_unpickle" | "Timedelta") => Known::PandasDuration,
        ("pandas._libs.tslibs.nattype", "_nat_unpickle" | "__nat_unpickle")
        | ("pandas" | "pandas._libs.missing", "NA") => Known::Nothing,
        ("psycopg2.tz", "FixedOffsetTimezone") => Known::TimeZone,
        ("django.db.models.base", "model_unpickle") => Known::DjangoModel,
        ("ipaddress", "IPv4Address") => Known::Ipv4,
        ("ipaddress", "IPv6Address") => Known::Ipv6,
        ("re", "RegexFlag") => Known::Same,
        _ if is_library(module) => Known::Unread,
        _ => Known::Foreign,
    }
}

/// Whether a module belongs to Python or to a library whose objects are no plain data.
fn is_library(module: &str) -> bool {
    let top = module.split('.').next().unwrap_or_default();
    let is_private = top.starts_with('_') && !matches!(top, "__main__" | "__mp_main__");
    is_private || PYTHON.split_whitespace().chain(LIBRARIES.split_whitespace()).any(|name| name == top)
}

const LIBRARIES: &str = "
    dask geopandas h5py jax joblib numpy pandas polars pyarrow pyspark pytz scipy sklearn sqlalchemy tensorflow torch
    xarray
";

/// The top-level modules of Python's standard library: `sorted(sys.stdlib_module_names)` of Python 3.11, and those
/// that were in Python 2 under other names; but `profile`, which programs about profiles may well call a module.
const PYTHON: &str = "
    abc aifc antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii bisect
    builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall
    concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses datetime dbm
    decimal difflib dis distutils doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput
    fnmatch fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac
    html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache
    locale logging lzma mailbox mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc
    nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev pathlib pdb pickle pickletools
    pipes pkgutil platform plistlib poplib posix posixpath pprint pstats pty pwd py_compile pyclbr pydoc
    pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets select
    selectors shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile
    sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symtable sys sysconfig
    syslog tabnanny tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize
    tomllib trace traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv
    warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
    __builtin__ commands copy_reg cPickle cStringIO exceptions popen2 sets thread Queue StringIO UserDict UserList
    UserString
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_up_under_their_old_and_new_modules() {
        assert_eq!(known("__builtin__", "set"), known("builtins", "set"));
        assert_eq!(known("copy_reg", "_reconstructor"), Known::Reconstructor);
        assert_eq!(known("numpy.core.multiarray", "scalar"), known("numpy._core.multiarray", "scalar"));
    }

    #[test]
    fn whatever_is_python_s_own_and_not_in_the_table_is_not_read() {
        let unread = [("os", "system"), ("posix", "system"), ("builtins", "eval"), ("subprocess", "Popen")];
        let more = [
            ("pandas.core.frame", "DataFrame"),
            ("__builtin__", "apply"),
            ("_io", "FileIO"),
            ("numpy", "save"),
        ];
        for (module, name) in unread.into_iter().chain(more) {
            assert_eq!(known(module, name), Known::Unread, "{module}.{name}");
        }
        assert_eq!(known("__main__", "Mood"), Known::Foreign);
        assert_eq!(known("osprey.models", "Person"), Known::Foreign);
    }

    #[test]
    fn classes_are_told_from_functions_by_their_names() {
        for (name, is_class) in
            [("Mood", true), ("Outer.Mood", true), ("_Private", true), ("make_mood", false)]
        {
            assert_eq!(Global::new("app", name).looks_like_a_class(), is_class, "{name}");
        }
    }
}
