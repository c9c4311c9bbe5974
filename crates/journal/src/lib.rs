//! The durable log: Kafka and disk behind one trait.
