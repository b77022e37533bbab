"""Writes pickles of everyday libraries, and a MongoDB export beside the pickle of the same documents.

    PYTHONHASHSEED=0 python generate.py        with numpy, pandas, pydantic 2, django, sqlalchemy, attrs, peewee, mongoengine, pymongo,
                              pytz, python-dateutil, joblib, h5py and pyarrow, in their versions of 2026
    PYTHONHASHSEED=0 python generate.py old    with numpy 1, pandas 2, pydantic 1 and joblib: writes the files whose names end in _old

manifest.json says of each file either what its profiles are as JSON (`expected`), or what the refusal must say (`words`).
"""
import bz2, dataclasses, datetime, decimal, enum, gzip, io, ipaddress, json, lzma, os, pathlib, pickle, sys, uuid, zipfile, zlib
import zoneinfo

import joblib
import numpy as np
import pandas as pd
import pydantic

HERE = os.path.dirname(os.path.abspath(__file__))
OLD = sys.argv[1:] == ['old']
when = datetime.datetime(2015, 7, 1, 12, 30, 5)


class Person(pydantic.BaseModel):
    id: int
    name: str
    tags: list = []
    _secret: int = pydantic.PrivateAttr(default=4)


class Open(pydantic.BaseModel):
    if OLD:
        class Config:
            extra = 'allow'
    else:
        model_config = {'extra': 'allow'}
    id: int


@dataclasses.dataclass
class Data:
    _id: str
    age: int


@dataclasses.dataclass(slots=True)
class Slots:
    _id: str
    age: int


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    a: object
    b: object


class Color(enum.Enum):
    RED = 'red'


class Level(enum.IntEnum):
    HIGH = 3


class Bits(enum.Flag):
    A = 1
    B = 2


class Revived:
    def __init__(self, name):
        self.name = name

    def __reduce__(self):
        return Revived, (self.name,), {'more': 1}


def one(value):
    return [{'_id': 'a', 'x': value}]


frame = pd.DataFrame({'_id': ['a', 'b'], 'age': [30, 31], 'name': ['Ann', 'Bob']})
structured = np.array([('a', 1)], dtype=[('_id', 'U2'), ('x', 'i4')])
berlin = zoneinfo.ZoneInfo('Europe/Berlin')

# name: (object, its profiles)
GOOD = {
    'pydantic': ([Person(id=1, name='Ann', tags=['a']), Person(id=2, name='Bob')],
                 [{'id': 1, 'name': 'Ann', 'tags': ['a']}, {'id': 2, 'name': 'Bob', 'tags': []}]),
    'pydantic_extra': ([Open(id=1, city='Bern')], [{'id': 1, 'city': 'Bern'}]),
    'pydantic_nested': (one(Person(id=1, name='Ann')), one({'id': 1, 'name': 'Ann', 'tags': []})),
    'numpy_moments': (one([np.datetime64('2015-07-01T12:30:05'), np.datetime64('2015-07-01'), np.datetime64('2015-07'),
                           np.datetime64('2015-07-01T12:30:05.123456789'), np.datetime64('NaT')]),
                      one(['2015-07-01T12:30:05', '2015-07-01', '2015-07', '2015-07-01T12:30:05.123456789', None])),
    'numpy_spans': (one([np.timedelta64(90, 's'), np.timedelta64(-2, 'D'), np.timedelta64(5, 'Y')]),
                    one(['PT90S', '-P2D', 'P5Y'])),
    'numpy_moments_array': (one(np.array(['2015-01-01', '2016-01-01'], dtype='M8[D]')), one(['2015-01-01', '2016-01-01'])),
    'pandas_times': (one([pd.Timestamp('2015-07-01 12:30:05'), pd.Timedelta('90s'), pd.Timedelta('1ns'), pd.NaT, pd.NA,
                          pd.Timestamp('2015-07-01 12:30:05', tz='UTC')]),
                     one(['2015-07-01T12:30:05', 'PT90S', 'PT0.000000001S', None, None, '2015-07-01T12:30:05+00:00'])),
    'to_dict_records': (frame.to_dict('records'), [{'_id': 'a', 'age': 30, 'name': 'Ann'}, {'_id': 'b', 'age': 31, 'name': 'Bob'}]),
    'to_dict_index': (frame.set_index('_id').to_dict('index'), [{'_id': 'a', 'age': 30, 'name': 'Ann'}, {'_id': 'b', 'age': 31, 'name': 'Bob'}]),
}

# name: (object, words of the refusal)
BAD = {
    'to_dict': (frame.to_dict(), ['df.to_dict("records")']),
    'to_dict_of_an_index': (frame.set_index('_id').to_dict(), ['df.to_dict("records")']),
    'to_dict_list': (frame.to_dict('list'), ['df.to_dict("records")']),
    'to_dict_split': (frame.to_dict('split'), ['df.to_dict("records")']),
    'to_dict_series': (frame.to_dict('series'), ['pandas', 'df.to_dict("records")']),
    'data_frame': (frame, ['pandas', 'df.to_dict("records")']),
    'series': (frame['age'], ['pandas', 'df.to_dict("records")']),
    'structured_array': (structured, ['named fields', 'a.tolist()']),
    'record_array': (structured.view(np.recarray), ['named fields']),
    'structured_scalar': (one(structured[0]), ['named fields']),
}

if not OLD:
    import attrs, django, mongoengine, peewee, pytz, sqlalchemy
    import bson, bson.json_util
    import dateutil.tz
    from bson import binary, code, dbref, decimal128, int64, max_key, min_key, regex, son, timestamp, tz_util
    from django.conf import settings

    settings.configure(INSTALLED_APPS=[], DATABASES={})
    django.setup()
    from django.db import models
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

    class Member(models.Model):
        name = models.CharField(max_length=9)

        class Meta:
            app_label = 'people'

    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = 'users'
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

    @attrs.define
    class Attrs:
        _id: str
        age: int

    class Pewee(peewee.Model):
        name = peewee.CharField()

    class Engine(mongoengine.Document):
        name = mongoengine.StringField()

    engine = sqlalchemy.create_engine('sqlite://')
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(User(id=1, name='Ann'))
        session.commit()
        rows = session.execute(sqlalchemy.select(User.id, User.name)).all()

    GOOD |= {
        'dataclasses': ([Data('a', 30), Data('b', 31)], [{'_id': 'a', 'age': 30}, {'_id': 'b', 'age': 31}]),
        'dataclass_slots': ([Slots('a', 30)], [{'_id': 'a', 'age': 30}]),
        'attrs': ([Attrs('a', 30)], [{'_id': 'a', 'age': 30}]),
        'django': ([Member(id=1, name='Ann'), Member(id=2, name='Bob')], [{'id': 1, 'name': 'Ann'}, {'id': 2, 'name': 'Bob'}]),
        'django_nested': (one(Member(id=1, name='Ann')), one({'id': 1, 'name': 'Ann'})),
        'peewee': ([Pewee(id=1, name='Ann')], [{'id': 1, 'name': 'Ann'}]),
        'mongoengine': (one(Engine(name='Ann')), one({'name': 'Ann'})),
        'enums': (one([Color.RED, Level.HIGH, Bits.A | Bits.B]), one(['red', 3, 3])),
        'paths': (one([pathlib.Path('/a/b'), pathlib.PurePosixPath('a'), pathlib.PureWindowsPath('C:/x/y')]),
                  one(['/a/b', 'a', 'C:\\x\\y'])),
        'addresses': (one([ipaddress.ip_address('1.2.3.4'), ipaddress.ip_address('2001:db8::1')]), one(['1.2.3.4', '2001:db8::1'])),
        'sets': (one([{'x'}, frozenset(['y'])]), one([['x'], ['y']])),
        'zones': (one([when.replace(tzinfo=tz_util.utc), when.replace(tzinfo=tz_util.FixedOffset(90, 'x')),
                       when.replace(tzinfo=pytz.utc), pytz.timezone('Europe/Berlin').localize(when),
                       when.replace(tzinfo=zoneinfo.ZoneInfo('UTC')), when.replace(tzinfo=dateutil.tz.tzutc()),
                       when.replace(tzinfo=dateutil.tz.tzoffset('x', -3600)), when.replace(tzinfo=datetime.timezone.utc)]),
                  one(['2015-07-01T12:30:05' + zone for zone in
                       ['+00:00', '+01:30', '+00:00', '+02:00', '+00:00', '+00:00', '-01:00', '+00:00']])),
        'named_zones': (one([when.replace(tzinfo=berlin), when.replace(tzinfo=dateutil.tz.gettz('Europe/Berlin')),
                             pd.Timestamp(when, tz='Europe/Berlin')]),
                        one(['2015-07-01T12:30:05[Europe/Berlin]'] * 2 + ['2015-07-01T10:30:05+00:00'])),
        'bson': (one([int64.Int64(7), decimal128.Decimal128('1.50'), binary.Binary(b'abc', 5),
                      binary.Binary.from_uuid(uuid.UUID(int=5)), uuid.UUID(int=5), regex.Regex('^a', 'im'),
                      timestamp.Timestamp(1, 2), min_key.MinKey(), max_key.MaxKey(), code.Code('f()'), son.SON(b=1, a=2),
                      son.SON(), bson.datetime_ms.DatetimeMS(1435753805123),
                      dbref.DBRef('c', bson.ObjectId('5c4e1f6a9d3b2a0017e8d210'), 'd', x=1)]),
                 one([7, '1.50', 'YWJj', '00000000-0000-0000-0000-000000000005', '00000000-0000-0000-0000-000000000005',
                      {'pattern': '^a', 'flags': 10}, {'t': 1, 'i': 2}, 'MinKey', 'MaxKey', 'f()', {'b': 1, 'a': 2}, {},
                      '2015-07-01T12:30:05.123000', {'$ref': 'c', '$id': '5c4e1f6a9d3b2a0017e8d210', '$db': 'd', 'x': 1}])),
        'decimals': (one([decimal128.Decimal128(text) for text in ['1E-7', '1.2E+2', 'NaN', '-Infinity', '0', '-7', '9.99E+6144']]),
                     one(['1E-7', '1.2E+2', 'NaN', '-Infinity', '0', '-7', str(decimal128.Decimal128('9.99E+6144'))])),
    }
    BAD |= {
        'sqlalchemy_model': ([User(id=1, name='Ann')], ['sqlalchemy', 'column_attrs']),
        'sqlalchemy_rows': (rows, ['sqlalchemy', 'dict(row._mapping)']),
        'revived_with_a_state': ([Revived('Ann')], ['__main__.Revived', 'a state']),
        'frozen_slots': (one(Frozen({}, None)), ['__main__.Frozen']),
        'frozen_slots_of_dicts': (one(Frozen({'a': 1}, {'b': 2})), ['__main__.Frozen']),
        'complex': (one(1j), ['complex']),
        'local_zone': (one(when.replace(tzinfo=dateutil.tz.tzlocal())), ['time zone', 'astimezone']),
    }


def bad_bytes():
    """Files that are no pickles, or more than one."""
    records = pickle.dumps(one(1), 4)
    yield 'bz2', bz2.compress(records), ['compressed with bzip2']
    yield 'xz', lzma.compress(records), ['compressed with xz']
    yield 'lzma', lzma.compress(records, format=lzma.FORMAT_ALONE), ['LZMA']
    yield 'zlib', zlib.compress(records), ['joblib.load']
    for kind, names in [('zip', ['a.txt']), ('torch_zip', ['archive/data.pkl', 'archive/version'])]:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, 'w') as archive:
            for name in names:
                archive.writestr(zipfile.ZipInfo(name), records)
        yield kind, buffer.getvalue(), ['zip archive' if kind == 'zip' else 'PyTorch']
    buffer = io.BytesIO()
    np.savez(buffer, np.zeros(2))
    yield 'npz', buffer.getvalue(), ['.npz']
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(2))
    yield 'npy', buffer.getvalue(), ['--vectors']
    path = os.path.join(HERE, 'x.tmp')
    joblib.dump([{'_id': 'a', 'v': np.arange(4.0)}], path)
    yield 'joblib_arrays', open(path, 'rb').read(), ['joblib']
    joblib.dump(one(1), path, compress=3)
    yield 'joblib_compressed', open(path, 'rb').read(), ['joblib.load']
    if not OLD:
        frame.to_parquet(path)
        yield 'parquet', open(path, 'rb').read(), ['--format parquet']
        import h5py
        with h5py.File(path, 'w') as file:
            file['x'] = [1]
        yield 'hdf5', open(path, 'rb').read()[:2048], ['HDF5']
        yield 'padding', records + bytes(512), ['follows the pickle', f'byte {len(records)}']
        yield 'line_feed', records + b'\n', ['follows the pickle']
        yield 'cut_second', records + records[:-4], ['follows the pickle', 'truncated']
        yield 'git_lfs', b'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n', ['git lfs pull']
    os.remove(path)


def write(name, data, **said):
    with open(os.path.join(HERE, name), 'wb') as file:
        file.write(data)
    return {'file': name, **said}


def mongo():
    """The same documents as a pickle and as extended JSON."""
    documents = [{
        '_id': bson.ObjectId('5c4e1f6a9d3b2a0017e8d21' + str(n)), 'name': 'Ann', 'age': 30 + n, 'big': int64.Int64(2 ** 40),
        'height': 1.7, 'no': float('nan'), 'v': [1.5, 2.0], 'bad': [1.0, float('inf')], 'price': decimal128.Decimal128('1.50'),
        'seen': datetime.datetime(2015, 7, 1, 12, 30, 5, 123000), 'old': datetime.datetime(1969, 12, 31),
        'photo': b'\0\xffx', 'key': binary.Binary.from_uuid(uuid.UUID(int=5)), 'blob': binary.Binary(b'abc', 5),
        'like': regex.Regex('^a', 'im'), 'stamp': timestamp.Timestamp(1, 2), 'f': code.Code('f()'), 'low': min_key.MinKey(),
        'high': max_key.MaxKey(), 'friend': dbref.DBRef('c', bson.ObjectId('5c4e1f6a9d3b2a0017e8d210'), 'd'),
        'none': None, 'ok': True, 'nested': {'ids': [bson.ObjectId('5c4e1f6a9d3b2a0017e8d210'), {'n': int64.Int64(1)}]},
    } for n in range(2)]
    # Out of BSON and back, as a client of the database gets them.
    documents = [bson.decode(bson.encode(document)) for document in documents]
    write('mongo.pickle', pickle.dumps(documents, 5))
    for name, mode in [('canonical', bson.json_util.JSONMode.CANONICAL), ('relaxed', bson.json_util.JSONMode.RELAXED),
                       ('legacy', bson.json_util.JSONMode.LEGACY)]:
        options = bson.json_util.JSONOptions(json_mode=mode)
        lines = [bson.json_util.dumps(document, json_options=options) + '\n' for document in documents]
        write(f'mongo_{name}.jsonl', ''.join(lines).encode())


def main():
    manifest = {'good': [], 'bad': []}
    path = os.path.join(HERE, 'manifest.json')
    suffix = '_old' if OLD else ''
    if os.path.exists(path):
        with open(path) as file:
            manifest = json.load(file)
        for part in manifest.values():
            part[:] = [entry for entry in part if ('_old.' in entry['file']) != OLD]
    for name, (value, expected) in GOOD.items():
        for protocol in (2, 5):
            data = pickle.dumps(value, protocol)
            manifest['good'].append(write(f'good/{name}{suffix}.p{protocol}', data, expected=expected))
    if not OLD:
        three = b''.join(pickle.dumps([{'_id': id, 'n': 1}], 4) for id in 'abc')
        expected = [{'_id': id, 'n': 1} for id in 'abc']
        manifest['good'].append(write('good/three_dumps.p4', three, expected=expected))
        alone = b''.join(pickle.dumps({'_id': id, 'n': 1}, protocol) for id, protocol in [('a', 0), ('b', 2), ('c', 5)])
        manifest['good'].append(write('good/dump_of_each.p5', alone, expected=expected))
        manifest['good'].append(write('good/three_dumps.p4.gz', gzip.compress(three, mtime=0), expected=expected))
        buffer = io.BytesIO()
        joblib.dump(one('x'), buffer)
        manifest['good'].append(write('good/joblib_plain.p5', buffer.getvalue(), expected=one('x')))
        mongo()
    for name, (value, words) in BAD.items():
        manifest['bad'].append(write(f'bad/{name}{suffix}.pickle', pickle.dumps(value, 4), words=words))
    for name, data, words in bad_bytes():
        manifest['bad'].append(write(f'bad/{name}{suffix}.pickle', data, words=words))
    with open(path, 'w') as file:
        json.dump(manifest, file, ensure_ascii=False, indent=1)
    print(len(manifest['good']), 'good,', len(manifest['bad']), 'bad')


if __name__ == '__main__':
    for folder in ('good', 'bad'):
        os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    main()
