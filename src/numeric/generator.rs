//! A stream as a generator of `rand_core`: any distribution of `rand_distr` can be drawn from it.
//!
//! Words are made eight at a time and handed out one by one; what is left over when the stream is asked for arrays stays for the next
//! single word.

use rand_core::{Infallible, TryRng};

use super::random::{LANES, Rest, Stream};

impl Stream {
    fn word(&mut self) -> u64 {
        if self.rest.left == 0 {
            let mut words = [0; LANES];
            self.words(&mut words);
            self.rest = Rest { words, left: LANES };
        }
        self.rest.left -= 1;
        self.rest.words[LANES - 1 - self.rest.left]
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        // The upper half: of a xoshiro++ word all bits are good, and this one is the custom.
        Ok((self.word() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.word())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand_core::Rng;

    use super::super::Purpose;
    use super::*;

    #[test]
    fn single_words_are_the_words_of_the_stream_in_order() {
        let mut stream = Stream::new(7, Purpose::Event(0), 3);
        let mut expected = [0; 24];
        stream.clone().words(&mut expected);
        let found: Vec<u64> = (0..24).map(|_| stream.next_u64()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn bytes_are_the_words_too() {
        let stream = Stream::new(7, Purpose::Event(0), 3);
        let mut bytes = [0; 21];
        stream.clone().fill_bytes(&mut bytes);
        let mut other = stream.clone();
        let words: Vec<u8> = (0..3).flat_map(|_| other.next_u64().to_le_bytes()).collect();
        assert_eq!(bytes, words[..21]);
    }
}
