//! The one definition of a stored thing: a struct whose fields are columns.

use serde::de::SeqAccess;

use super::native::Block;

/// A struct whose fields are columns.
pub(crate) trait Fields: Sized {
    /// How many fields it has.
    const COUNT: usize;
    /// What is selected to read each field; `prefix` names the list that the columns belong to.
    fn expressions(prefix: &str) -> Vec<String>;
    /// Writes the columns of all fields.
    fn write<'a>(block: &mut Block, prefix: &str, values: impl Iterator<Item = &'a Self> + Clone)
    where
        Self: 'a;
    /// Reads the fields, which come in their order.
    fn read<'de, A: SeqAccess<'de>>(values: &mut A) -> Result<Self, A::Error>;
}

/// A row of a table.
pub(crate) trait Stored: Sized {
    /// The table.
    const TABLE: &'static str;
    /// The rows as a block of the table.
    fn block(rows: &[Self]) -> Block;
}

/// What is selected to read rows of a struct: every field by its name.
pub(crate) fn columns<T: clickhouse::Row + Fields>() -> String {
    let named = T::expressions("").into_iter().zip(T::COLUMN_NAMES);
    let named: Vec<_> = named
        .map(
            |(expression, name)| match expression == format!("`{name}`") {
                true => expression,
                false => format!("{expression} AS `{name}`"),
            },
        )
        .collect();
    named.join(", ")
}

/// The name of a column of the list `prefix`, or of the row itself.
pub(crate) fn member(prefix: &str, column: &str) -> String {
    match prefix {
        "" => column.to_owned(),
        prefix => format!("{prefix}.{column}"),
    }
}

/// Declares a struct whose fields are columns: `name: Type`, `name ["column"]: Type` where the column
/// has another name, `name: Type as Encoding` where the type alone does not say how it lies in
/// columns. With `in "table"` it is a row of that table. From it follow the list of columns, their
/// types, the encoding of a block, and reading by name.
macro_rules! fields {
    ($(#[$meta:meta])* $vis:vis struct $name:ident $(in $table:literal)? {
        $($(#[$fmeta:meta])* $fvis:vis $field:ident $([$column:literal])?: $type:ty $(as $encoding:ty)?,)+
    }) => {
        $(#[$meta])*
        $vis struct $name { $($(#[$fmeta])* $fvis $field: $type,)+ }

        impl $crate::wire::Fields for $name {
            const COUNT: usize = [$(stringify!($field)),+].len();

            fn expressions(prefix: &str) -> Vec<String> {
                vec![$({
                    let column = $crate::wire::member(prefix, $crate::wire::column_name!($field $($column)?));
                    <$crate::wire::encoding!($($encoding)?) as $crate::wire::Encoding<$type>>::expression(&column)
                }),+]
            }

            fn write<'a>(
                block: &mut $crate::wire::Block,
                prefix: &str,
                values: impl Iterator<Item = &'a Self> + Clone,
            ) {
                $({
                    let column = $crate::wire::member(prefix, $crate::wire::column_name!($field $($column)?));
                    let values = values.clone().map(|value| &value.$field);
                    <$crate::wire::encoding!($($encoding)?) as $crate::wire::Encoding<$type>>::write(
                        block, &column, values,
                    );
                })+
            }

            fn read<'de, A: serde::de::SeqAccess<'de>>(values: &mut A) -> Result<Self, A::Error> {
                Ok(Self {
                    $($field: {
                        let field = $crate::wire::Field::<$crate::wire::encoding!($($encoding)?), $type>::new();
                        match values.next_element_seed(field)? {
                            Some(value) => value,
                            None => return Err($crate::wire::missing(stringify!($field))),
                        }
                    },)+
                })
            }
        }

        impl clickhouse::Row for $name {
            const NAME: &'static str = stringify!($name);
            const COLUMN_NAMES: &'static [&'static str] =
                &[$($crate::wire::column_name!($field $($column)?)),+];
            const COLUMN_COUNT: usize = <Self as $crate::wire::Fields>::COUNT;
            const KIND: clickhouse::_priv::RowKind = clickhouse::_priv::RowKind::Struct;
            type Value<'a> = Self;
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(row: D) -> Result<Self, D::Error> {
                struct Columns;
                impl<'de> serde::de::Visitor<'de> for Columns {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("a row of ", stringify!($name)))
                    }

                    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut values: A) -> Result<$name, A::Error> {
                        <$name as $crate::wire::Fields>::read(&mut values)
                    }

                    /// The columns come in another order than the fields.
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut columns: A) -> Result<$name, A::Error> {
                        $(let mut $field: Option<$type> = None;)+
                        while let Some(column) = columns.next_key::<&'de str>()? {
                            match column {
                                $($crate::wire::column_name!($field $($column)?) => {
                                    let field = $crate::wire::Field::<$crate::wire::encoding!($($encoding)?), $type>::new();
                                    $field = Some(columns.next_value_seed(field)?);
                                })+
                                other => return Err($crate::wire::missing(other)),
                            }
                        }
                        Ok($name {
                            $($field: match $field {
                                Some(value) => value,
                                None => return Err($crate::wire::missing(stringify!($field))),
                            },)+
                        })
                    }
                }
                let columns = <Self as clickhouse::Row>::COLUMN_NAMES;
                row.deserialize_struct(stringify!($name), columns, Columns)
            }
        }

        $(impl $crate::wire::Stored for $name {
            const TABLE: &'static str = $table;

            fn block(rows: &[Self]) -> $crate::wire::Block {
                let mut block = $crate::wire::Block::of(rows.len());
                <Self as $crate::wire::Fields>::write(&mut block, "", rows.iter());
                block
            }
        })?
    };
}

/// The column of a field: its name unless another is given.
macro_rules! column_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $column:literal) => {
        $column
    };
}

/// The encoding of a field: as its type says unless another is given.
macro_rules! encoding {
    () => {
        $crate::wire::Plain
    };
    ($encoding:ty) => {
        $encoding
    };
}

pub(crate) use {column_name, encoding, fields};
