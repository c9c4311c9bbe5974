//! Lines of a stream that may come from anywhere: one without an end is an error before it fills the memory.

use std::io::{self, BufRead, Read};

/// No exchange takes as much.
const MOST_BYTES: usize = 64 << 20;

/// A reader in which no line is longer than `MOST_BYTES`.
pub(crate) struct BoundedLines<R> {
    inner: R,
    /// Bytes of the line that is being read.
    line: usize,
}

impl<R> BoundedLines<R> {
    pub(crate) const fn new(inner: R) -> Self {
        Self { inner, line: 0 }
    }
}

impl<R: BufRead> Read for BoundedLines<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for BoundedLines<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.line > MOST_BYTES {
            let reason = format!("a line is longer than {MOST_BYTES} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        // What is consumed lies in the buffer, so nothing is read here.
        let consumed = self
            .inner
            .fill_buf()
            .map_or(&[][..], |buffer| &buffer[..amount.min(buffer.len())]);
        self.line = match consumed.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => consumed.len() - end - 1,
            None => self.line + consumed.len(),
        };
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn a_line_without_an_end_is_an_error_and_many_lines_are_none() {
        let endless = BufReader::with_capacity(1 << 20, io::repeat(b'a'));
        let error = BoundedLines::new(endless)
            .read_until(b'\n', &mut Vec::new())
            .expect_err("it never ends");
        assert!(error.to_string().contains("longer than"), "{error}");
        let many = b"0123456789\n".repeat(7 << 20);
        let lines = BoundedLines::new(BufReader::new(&*many)).lines();
        assert_eq!(
            lines.map(|line| line.expect("a line").len()).sum::<usize>(),
            70 << 20
        );
    }
}
