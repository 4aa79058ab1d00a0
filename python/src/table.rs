//! Tables as columns of Arrow, which frames take over without a copy.

use std::sync::Arc;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch, RecordBatchIterator, StringArray};
use arrow_schema::{DataType, Field, Schema};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyFloat, PyInt, PyList, PyString};

use liqsim::report::{self, Cell};

use super::errors::wrong;

/// Columns of equal length: float64, int64 or text, each with nulls where something does not exist.
#[pyclass(frozen, module = "liqsim._liqsim")]
pub struct Table(RecordBatch);

impl Table {
    /// From a table of the library.
    pub fn of(table: &report::Table) -> PyResult<Self> {
        let column = |(place, name): (usize, &String)| {
            let cells = || table.rows().iter().map(|row| &row[place]);
            let array: ArrayRef = match cells().next() {
                Some(Cell::Count(_)) => Arc::new(Int64Array::from_iter(cells().map(|cell| match cell {
                    Cell::Count(count) => i64::try_from(*count).ok(),
                    _ => None,
                }))),
                Some(Cell::Number(_)) => Arc::new(Float64Array::from_iter(cells().map(|cell| match cell {
                    Cell::Number(number) => *number,
                    _ => None,
                }))),
                _ => Arc::new(StringArray::from_iter_values(cells().map(Cell::text))),
            };
            (name.clone(), array)
        };
        Self::of_columns(table.heads().iter().enumerate().map(column).collect())
    }

    fn of_columns(columns: Vec<(String, ArrayRef)>) -> PyResult<Self> {
        let fields: Vec<Field> =
            columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(0));
        let schema = Arc::new(Schema::new(fields));
        let batch = match schema.fields().is_empty() {
            true => RecordBatch::try_new_with_options(schema, arrays, &options),
            false => RecordBatch::try_new(schema, arrays),
        };
        Ok(Self(batch.map_err(wrong)?))
    }
}

/// A column of Python's values: numbers, whole numbers or texts, None where there is nothing.
fn array(name: &str, values: &Bound<'_, PyAny>) -> PyResult<ArrayRef> {
    let mut list = Vec::new();
    for value in values.try_iter()? {
        let value = value?;
        list.push((!value.is_none()).then_some(value));
    }
    let known = || list.iter().flatten();
    if !list.is_empty() && known().count() > 0 && known().all(|value| value.is_instance_of::<PyString>()) {
        let texts =
            list.iter().map(|value| value.as_ref().map(|value| value.extract::<String>()).transpose());
        return Ok(Arc::new(StringArray::from(texts.collect::<PyResult<Vec<_>>>()?)));
    }
    if known().count() > 0 && known().all(|value| value.is_instance_of::<PyInt>()) {
        let counts = list.iter().map(|value| value.as_ref().map(|value| value.extract::<i64>()).transpose());
        return Ok(Arc::new(Int64Array::from(counts.collect::<PyResult<Vec<_>>>()?)));
    }
    let number = |value: &Option<Bound<'_, PyAny>>| match value {
        None => Ok(None),
        Some(value) if value.is_instance_of::<PyString>() => {
            Err(wrong(format!("the column \"{name}\" holds texts beside numbers")))
        }
        Some(value) => value.extract::<f64>().map(Some),
    };
    let numbers = list.iter().map(number).collect::<PyResult<Vec<Option<f64>>>>()?;
    Ok(Arc::new(Float64Array::from(numbers)))
}

#[pymethods]
impl Table {
    /// From a dict of equally long columns.
    #[new]
    fn new(columns: &Bound<'_, PyDict>) -> PyResult<Self> {
        let columns = columns.iter().map(|(name, values)| {
            let name: String = name.extract()?;
            let column = array(&name, &values)?;
            Ok((name, column))
        });
        Self::of_columns(columns.collect::<PyResult<Vec<_>>>()?)
    }

    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    /// Names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.0.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// The values of a column; None where something does not exist.
    fn column<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyList>> {
        let array = self
            .0
            .column_by_name(name)
            .ok_or_else(|| pyo3::exceptions::PyKeyError::new_err(name.to_owned()))?;
        let any = array.as_any();
        let list = PyList::empty(py);
        for row in 0..array.len() {
            if array.is_null(row) {
                list.append(py.None())?;
            } else if let Some(numbers) = any.downcast_ref::<Float64Array>() {
                list.append(PyFloat::new(py, numbers.value(row)))?;
            } else if let Some(counts) = any.downcast_ref::<Int64Array>() {
                list.append(counts.value(row))?;
            } else if let Some(texts) = any.downcast_ref::<StringArray>() {
                list.append(texts.value(row))?;
            }
        }
        Ok(list)
    }

    /// Whether a column holds text.
    fn is_text(&self, name: &str) -> bool {
        self.0.column_by_name(name).is_some_and(|array| *array.data_type() == DataType::Utf8)
    }

    /// The table as a stream of Arrow's C interface; a wish for other types is not met, as the interface allows.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let batches = RecordBatchIterator::new([Ok(self.0.clone())], self.0.schema());
        let stream = FFI_ArrowArrayStream::new(Box::new(batches));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }
}
