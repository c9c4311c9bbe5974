use super::*;

#[test]
fn nothing_is_passed_over_that_any_partition_still_needs() {
    let row = |partition, spans, chunks| Compacted {
        epoch: 1,
        partition,
        spans,
        chunks,
    };
    let (whole, chunk) = (row(0, 6, 105), row(1, 7, 0));
    for (rows, least) in [
        (vec![], (0, 0)),
        (vec![whole], (6 * CHUNKS_PER_SPAN, 105)),
        (vec![whole, chunk], (6 * CHUNKS_PER_SPAN, 105)),
        (vec![chunk], (7 * CHUNKS_PER_SPAN, 7 * CHUNKS_PER_SPAN)),
        (vec![whole, chunk, row(2, 0, 0)], (0, 0)),
        (vec![whole, row(2, 0, 3)], (0, 3)),
    ] {
        let found = Compactions::new(&rows);
        assert_eq!((found.least_open, found.least_part), least, "{rows:?}");
    }
}
