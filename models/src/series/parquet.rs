use crate::history::{MAX_COLUMNS, MAX_ROWS};
use crate::series::table::{SeriesError, SeriesTable, cell, check_count, place};
use jiff::Timestamp;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Most bytes of the columns that are read, unpacked.
const MAX_BYTES: i64 = 2 << 30;
/// Cells that are unpacked at a time.
const BATCH: usize = 65_536;
const BROKEN: &str = "the file is damaged: its pages do not fit what its footer says";

impl SeriesTable {
    /// Reads the named columns of a Parquet file.
    ///
    /// Its column `time` holds rising moments in UTC: timestamps of any unit, or RFC 3339 text with `Z`. The others hold
    /// floating point numbers or integers; null and NaN are missing readings. A name is the column's own or what follows
    /// `level_m_` in it. Other columns are not looked at, and may be of any type.
    ///
    /// # Errors
    /// [`SeriesError`] with row (counted from 1), column, value and what is accepted.
    pub fn from_parquet(
        source: impl ChunkReader + 'static,
        names: &[&str],
    ) -> Result<Self, SeriesError> {
        unbroken(|| read(source, names))
    }

    /// The names of the columns of a Parquet file.
    ///
    /// # Errors
    /// When it is none, or has too many columns.
    pub fn parquet_headings(
        source: impl ChunkReader + 'static,
    ) -> Result<Vec<String>, SeriesError> {
        unbroken(|| headings(&SerializedFileReader::new(source).map_err(|e| unreadable(&e))?))
    }
}

/// The library panics on some damaged files, such as those with a negative place of a column; that must not end the program.
/// Nothing outlives the call that could have been left half done.
fn unbroken<T>(read: impl FnOnce() -> Result<T, SeriesError>) -> Result<T, SeriesError> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(damaged()))
}

fn read(source: impl ChunkReader + 'static, names: &[&str]) -> Result<SeriesTable, SeriesError> {
    let file = SerializedFileReader::new(source).map_err(|e| unreadable(&e))?;
    let headings = headings(&file)?;
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let time = place(&headings, "time")?;
    let places = names
        .iter()
        .map(|name| place(&headings, name))
        .collect::<Result<Vec<usize>, _>>()?;
    check_size(&file, places.iter().chain([&time]))?;
    let mut table = SeriesTable::empty(names);
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group).map_err(|e| unreadable(&e))?;
        let before = table.times.len();
        for at in moments(&*group, time, before)? {
            let row = table.times.len() as u64 + 1;
            table.push(row, at)?;
        }
        let rows = table.times.len() - before;
        for (column, &place) in table.columns.iter_mut().zip(&places) {
            let read = numbers(&*group, place, before)?;
            if read.len() != rows {
                return Err(damaged());
            }
            column.extend(read);
        }
    }
    Ok(table)
}

/// Columns as they lie in the file; one inside a structure or a list keeps its whole path and is never asked for.
fn headings<R: ChunkReader + 'static>(
    file: &SerializedFileReader<R>,
) -> Result<Vec<String>, SeriesError> {
    let columns = file.metadata().file_metadata().schema_descr().columns();
    check_count("columns", columns.len(), MAX_COLUMNS)?;
    Ok(columns.iter().map(|c| c.path().string()).collect())
}

/// What the footer promises must fit before anything is unpacked; a footer that lies is found by the counts afterwards.
fn check_size<'a, R: ChunkReader + 'static>(
    file: &SerializedFileReader<R>,
    places: impl IntoIterator<Item = &'a usize>,
) -> Result<(), SeriesError> {
    let groups = file.metadata().row_groups();
    let rows = groups.iter().fold(0_i64, |sum, group| {
        sum.saturating_add(group.num_rows().max(0))
    });
    let mut bytes = 0_i64;
    for &place in places {
        for group in groups {
            bytes = bytes.saturating_add(group.column(place).uncompressed_size().max(0));
        }
    }
    check_count(
        "rows",
        usize::try_from(rows).unwrap_or(usize::MAX),
        MAX_ROWS,
    )?;
    if bytes > MAX_BYTES {
        return Err(SeriesError::File {
            line: 0,
            why: format!("the columns hold {bytes} bytes, at most {MAX_BYTES} are accepted"),
        });
    }
    Ok(())
}

/// How a stored whole number becomes a moment.
fn unit(column: &ColumnDescriptor) -> Result<fn(i64) -> Option<Timestamp>, SeriesError> {
    let milli: fn(i64) -> Option<Timestamp> = |n| Timestamp::from_millisecond(n).ok();
    let micro: fn(i64) -> Option<Timestamp> = |n| Timestamp::from_microsecond(n).ok();
    let nano: fn(i64) -> Option<Timestamp> = |n| Timestamp::from_nanosecond(i128::from(n)).ok();
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Timestamp(of)), _) if !of.is_adjusted_to_u_t_c => Err(cell(
            0,
            "time",
            "timestamp without time zone",
            "is not accepted: only UTC is accepted; write the column with time zone UTC",
        )),
        (Some(LogicalType::Timestamp(of)), _) => Ok(match of.unit {
            TimeUnit::MILLIS => milli,
            TimeUnit::MICROS => micro,
            TimeUnit::NANOS => nano,
        }),
        (None, ConvertedType::TIMESTAMP_MILLIS) => Ok(milli),
        (None, ConvertedType::TIMESTAMP_MICROS) => Ok(micro),
        (logical, _) => Err(not_a_time(&format!("{logical:?}"))),
    }
}

fn moments(
    group: &dyn RowGroupReader,
    place: usize,
    before: usize,
) -> Result<Vec<Timestamp>, SeriesError> {
    let chunk = group.metadata().column(place);
    let column = chunk.column_descr();
    let row = |at: usize| (before + at + 1) as u64;
    match group.get_column_reader(place).map_err(|e| unreadable(&e))? {
        ColumnReader::Int64ColumnReader(mut reader) => {
            let unit = unit(column)?;
            whole(&mut reader, column, |at, value| {
                let value = value.ok_or_else(|| no_time(row(at)))?;
                unit(*value).ok_or_else(|| {
                    cell(
                        row(at),
                        "time",
                        &value.to_string(),
                        "is no moment of the calendar",
                    )
                })
            })
        }
        ColumnReader::ByteArrayColumnReader(mut reader) => {
            whole(&mut reader, column, |at, value: Option<&ByteArray>| {
                let value = value.ok_or_else(|| no_time(row(at)))?;
                let written = String::from_utf8_lossy(value.data());
                SeriesTable::moment(row(at), &written)
            })
        }
        _ => Err(not_a_time(&column.physical_type().to_string())),
    }
}

fn numbers(
    group: &dyn RowGroupReader,
    place: usize,
    before: usize,
) -> Result<Vec<f64>, SeriesError> {
    let chunk = group.metadata().column(place);
    let column = chunk.column_descr();
    let name = column.name();
    let finite = |at: usize, value: f64| {
        if value.is_infinite() {
            let row = (before + at + 1) as u64;
            let why = "is not a number: a finite number, NaN or null is accepted";
            return Err(cell(row, name, &value.to_string(), why));
        }
        Ok(value)
    };
    let integer = matches!(
        (column.logical_type_ref(), column.converted_type()),
        (None | Some(LogicalType::Integer(_)), converted)
            if !matches!(converted, ConvertedType::DECIMAL | ConvertedType::DATE | ConvertedType::TIMESTAMP_MILLIS
                | ConvertedType::TIMESTAMP_MICROS | ConvertedType::TIME_MILLIS | ConvertedType::TIME_MICROS
                | ConvertedType::UINT_32 | ConvertedType::UINT_64)
    );
    match group.get_column_reader(place).map_err(|e| unreadable(&e))? {
        ColumnReader::DoubleColumnReader(mut reader) => whole(&mut reader, column, |at, value| {
            finite(at, value.copied().unwrap_or(f64::NAN))
        }),
        ColumnReader::FloatColumnReader(mut reader) => whole(&mut reader, column, |at, value| {
            finite(at, value.copied().map_or(f64::NAN, f64::from))
        }),
        ColumnReader::Int32ColumnReader(mut reader) if integer => {
            whole(&mut reader, column, |_, value| {
                Ok(value.copied().map_or(f64::NAN, f64::from))
            })
        }
        ColumnReader::Int64ColumnReader(mut reader) if integer => {
            whole(&mut reader, column, |at, value| {
                let Some(&value) = value else {
                    return Ok(f64::NAN);
                };
                // Whole numbers of a reading are small; one that a float cannot hold is no reading.
                i32::try_from(value).map(f64::from).map_err(|_| {
                    let row = (before + at + 1) as u64;
                    cell(row, name, &value.to_string(), "is too large for a reading")
                })
            })
        }
        _ => Err(cell(
            0,
            name,
            &format!("{} {:?}", column.physical_type(), column.logical_type_ref()),
            "is no type of a reading: double, float and signed integers are accepted",
        )),
    }
}

/// Every cell of a column of a row group, in order; `None` = null.
fn whole<T: DataType, V>(
    reader: &mut ColumnReaderImpl<T>,
    column: &ColumnDescriptor,
    mut to: impl FnMut(usize, Option<&T::T>) -> Result<V, SeriesError>,
) -> Result<Vec<V>, SeriesError> {
    if column.max_rep_level() > 0 || column.max_def_level() > 1 {
        let why = "lies in a list or a structure: a plain column is accepted";
        return Err(cell(0, column.name(), "nested", why));
    }
    let nullable = column.max_def_level() == 1;
    let mut read = Vec::new();
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    loop {
        levels.clear();
        values.clear();
        let (records, held, _) = reader
            .read_records(BATCH, nullable.then_some(&mut levels), None, &mut values)
            .map_err(|e| unreadable(&e))?;
        if records == 0 {
            return Ok(read);
        }
        if held != values.len() || (nullable && levels.len() != records) {
            return Err(damaged());
        }
        check_count("rows", read.len() + records, MAX_ROWS)?;
        let mut held = values.iter();
        for at in 0..records {
            let null = levels.get(at).is_some_and(|level| *level == 0);
            let value = if null {
                None
            } else {
                Some(held.next().ok_or_else(damaged)?)
            };
            read.push(to(read.len(), value)?);
        }
    }
}

fn not_a_time(found: &str) -> SeriesError {
    let why = "is not accepted: timestamps in UTC, or text such as 2016-08-30T15:00:00Z, are";
    cell(0, "time", found, why)
}

fn no_time(row: u64) -> SeriesError {
    cell(row, "time", "null", "is not a time: every row needs one")
}

fn damaged() -> SeriesError {
    SeriesError::File {
        line: 0,
        why: BROKEN.to_owned(),
    }
}

fn unreadable(error: &ParquetError) -> SeriesError {
    SeriesError::File {
        line: 0,
        why: format!("the Parquet file cannot be read: {error}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{SeriesError, SeriesTable};
    use bytes::Bytes;
    use parquet::data_type::{ByteArrayType, DoubleType, FloatType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use std::sync::Arc;

    const HOUR_US: i64 = 3_600_000_000;
    const LIKE_PANDAS: &str = "message m { optional double level_m_a; optional float rain_mm; \
        optional binary note (STRING); optional int64 time (TIMESTAMP(MICROS,true)); }";

    /// Two row groups: levels 1.5, none, 2; rain 0.5 everywhere; the times given.
    fn written(schema: &str, times: &[i64], codec: parquet::basic::Compression) -> Bytes {
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let properties = WriterProperties::builder().set_compression(codec).build();
        let mut bytes = Vec::new();
        let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
        for times in times.chunks(3) {
            let mut group = file.next_row_group().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let levels: &[i16] = &[1, 0, 1][..times.len()];
            let present = levels.iter().filter(|l| **l == 1).count();
            column
                .typed::<DoubleType>()
                .write_batch(&[1.5, 2.0][..present], Some(levels), None)
                .unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            let all = vec![1_i16; times.len()];
            column
                .typed::<FloatType>()
                .write_batch(&vec![0.5; times.len()], Some(&all), None)
                .unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            column
                .typed::<ByteArrayType>()
                .write_batch(&[], Some(&vec![0; times.len()]), None)
                .unwrap();
            column.close().unwrap();
            let mut column = group.next_column().unwrap().unwrap();
            column
                .typed::<Int64Type>()
                .write_batch(times, Some(&all), None)
                .unwrap();
            column.close().unwrap();
            group.close().unwrap();
        }
        file.close().unwrap();
        bytes.into()
    }

    fn plain(schema: &str, times: &[i64]) -> Bytes {
        written(schema, times, parquet::basic::Compression::UNCOMPRESSED)
    }

    #[test]
    fn a_parquet_file_says_the_same_as_the_csv_in_every_common_compression() {
        use parquet::basic::{Compression, GzipLevel, ZstdLevel};
        let text = "time,level_m_a,rain_mm\n1970-01-01T00:00:00Z,1.5,0.5\n1970-01-01T01:00:00Z,,0.5\n\
            1970-01-01T02:00:00Z,2,0.5\n1970-01-01T03:00:00Z,1.5,0.5\n1970-01-01T04:00:00Z,,0.5\n";
        let csv = SeriesTable::from_csv(text.as_bytes(), &["a", "rain_mm"]).unwrap();
        let times: Vec<i64> = (0..5).map(|hour| hour * HOUR_US).collect();
        for codec in [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::GZIP(GzipLevel::default()),
            Compression::LZ4_RAW,
            Compression::ZSTD(ZstdLevel::default()),
        ] {
            let file = written(LIKE_PANDAS, &times, codec);
            let read = SeriesTable::from_parquet(file, &["a", "rain_mm"]).unwrap();
            assert_eq!((&read.names, &read.times), (&csv.names, &csv.times));
            // NaN is not equal to itself; as text it is.
            assert_eq!(format!("{:?}", read.columns), format!("{:?}", csv.columns));
        }
    }

    #[test]
    fn a_refusal_names_row_column_value_and_what_is_accepted() {
        let refusal = |file: Bytes| {
            SeriesTable::from_parquet(file, &["a"])
                .unwrap_err()
                .to_string()
        };
        let times = [0, HOUR_US, 2 * HOUR_US, 3 * HOUR_US];
        assert!(
            refusal(plain(
                &LIKE_PANDAS.replace("MICROS,true", "MICROS,false"),
                &times
            ))
            .contains("only UTC is accepted")
        );
        assert!(
            refusal(plain(
                &LIKE_PANDAS.replace(" (TIMESTAMP(MICROS,true))", ""),
                &times
            ))
            .contains("timestamps in UTC")
        );
        assert!(
            refusal(plain(
                &LIKE_PANDAS.replace("int64 time", "int64 at"),
                &times
            ))
            .starts_with("no column `time`; the file has level_m_a, rain_mm, note, at")
        );
        assert_eq!(
            refusal(plain(LIKE_PANDAS, &[0, HOUR_US, HOUR_US])),
            "line 3, column `time`: `1970-01-01T01:00:00Z` stands twice: each time may stand once"
        );
        assert!(refusal(plain(LIKE_PANDAS, &[i64::MAX])).contains("is no moment of the calendar"));
        let note = SeriesTable::from_parquet(plain(LIKE_PANDAS, &times), &["note"]).unwrap_err();
        assert!(
            note.to_string().contains("is no type of a reading"),
            "{note}"
        );
    }

    #[test]
    fn a_damaged_file_is_refused_wherever_it_was_cut_or_changed() {
        let times: Vec<i64> = (0..5).map(|hour| hour * HOUR_US).collect();
        let whole = plain(LIKE_PANDAS, &times);
        let same = SeriesTable::from_parquet(whole.clone(), &["a", "rain_mm"]).unwrap();
        for cut in 0..whole.len() {
            let refused = SeriesTable::from_parquet(whole.slice(..cut), &["a", "rain_mm"]);
            assert!(
                matches!(refused, Err(SeriesError::File { .. })),
                "cut at {cut}"
            );
        }
        for at in 0..whole.len() {
            for bit in [0x01, 0x40, 0xff] {
                let mut bytes = whole.to_vec();
                bytes[at] ^= bit;
                // Any answer but a panic: some bytes are readings, names of other columns or of the program that wrote.
                if let Ok(read) = SeriesTable::from_parquet(Bytes::from(bytes), &["a", "rain_mm"]) {
                    assert!(read.times.len() <= same.times.len());
                    assert!(read.columns.iter().all(|c| c.len() == read.times.len()));
                }
            }
        }
    }
}
