//! Counts by number, in memory for those pages of numbers alone that were needed.

use std::ops::ControlFlow;

/// Numbers that are taken together: a page is all the memory that a few numbers close to each other need.
const PAGE: usize = 128;
/// Counts that are looked at together: most of a page is empty where there are few paths.
const GROUP: usize = 4;

type Page = Box<Counts>;
type Counts = [[u64; GROUP]; PAGE / GROUP];

/// Counts by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Pages {
    /// Which page the first one is.
    first: usize,
    /// The pages from there to the last one that was needed; of those between only what was needed exists.
    /// Each is memory of its own, so that none is copied as there come to be more.
    pages: Vec<Option<Page>>,
}

impl Pages {
    /// Adds to the count of a number.
    #[inline(always)]
    pub fn add(&mut self, number: usize, count: u64) {
        // Before the first page it is beyond the end.
        match self.pages.get_mut((number / PAGE).wrapping_sub(self.first)) {
            Some(Some(page)) => page.as_flattened_mut()[number % PAGE] += count,
            _ => *self.of(number) += count,
        }
    }

    /// The count of a number, whose page is made where it does not exist.
    #[cold]
    pub fn of(&mut self, number: usize) -> &mut u64 {
        let page = self.page(number / PAGE).get_or_insert_with(|| Box::new([[0; GROUP]; PAGE / GROUP]));
        &mut page.as_flattened_mut()[number % PAGE]
    }

    /// Where a page is, or is to be.
    fn page(&mut self, page: usize) -> &mut Option<Page> {
        if page.wrapping_sub(self.first) >= self.pages.len() {
            self.make_room(page);
        }
        &mut self.pages[page - self.first]
    }

    /// Makes room for a page before or after the others.
    fn make_room(&mut self, page: usize) {
        if self.pages.is_empty() {
            self.first = page;
        }
        if page < self.first {
            let none = std::iter::repeat_with(|| None).take(self.first - page);
            self.pages.splice(0..0, none);
            self.first = page;
        }
        let needed = (page - self.first + 1).max(self.pages.len());
        self.pages.resize_with(needed, || None);
    }

    /// The pages that exist, by the number of their first count.
    fn known(&self) -> impl DoubleEndedIterator<Item = (usize, &Page)> + '_ {
        let first = self.first;
        let pages = self.pages.iter().enumerate();
        pages.filter_map(move |(index, page)| Some(((first + index) * PAGE, page.as_ref()?)))
    }

    /// Shows the numbers that were counted, from the lowest up, and their counts, until it is told to stop.
    #[inline(always)]
    pub fn each<B>(&self, mut visit: impl FnMut(usize, u64) -> ControlFlow<B>) -> ControlFlow<B> {
        for (start, page) in self.known() {
            let mut number = start;
            for group in page.iter() {
                if group.iter().fold(0, |all, count| all | count) > 0 {
                    for place in 0..GROUP {
                        if group[place] > 0 {
                            visit(number + place, group[place])?;
                        }
                    }
                }
                number += GROUP;
            }
        }
        ControlFlow::Continue(())
    }

    /// The numbers that were counted, from the lowest up, and their counts: slower than [`Pages::each`].
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, u64)> + '_ {
        let all = self
            .known()
            .flat_map(|(start, page)| (start..start + PAGE).zip(page.as_flattened().iter().copied()));
        all.filter(|(_, count)| *count > 0)
    }

    /// Sum of the counts of the numbers below one.
    pub fn below(&self, end: usize) -> u128 {
        let counts = |(start, page): (usize, &Page)| match end.saturating_sub(start) {
            inside @ 0..PAGE => page.as_flattened()[..inside].iter().copied().map(u128::from).sum(),
            _ => of_all(page),
        };
        self.known().map(counts).sum()
    }

    /// Number of counts that there is memory for.
    pub fn len(&self) -> usize {
        self.known().count() * PAGE
    }

    /// Adds the counts of others.
    pub fn merge(&mut self, other: &Self) {
        for (start, theirs) in other.known() {
            match self.page(start / PAGE) {
                Some(own) => {
                    for (own, theirs) in own.as_flattened_mut().iter_mut().zip(theirs.as_flattened()) {
                        // What is beyond the count can come from a foreign file only.
                        *own = own.saturating_add(*theirs);
                    }
                }
                none => *none = Some(theirs.clone()),
            }
        }
    }
}

/// The sum of the counts of a page.
fn of_all(page: &Counts) -> u128 {
    // By halves, none of whose sums is too large: so vectors add them.
    let (mut low, mut high) = ([0_u64; GROUP], [0_u64; GROUP]);
    for group in page {
        for place in 0..GROUP {
            low[place] = low[place].wrapping_add(group[place] & u64::from(u32::MAX));
            high[place] = high[place].wrapping_add(group[place] >> 32);
        }
    }
    let sum = |halves: [u64; GROUP]| halves.into_iter().map(u128::from).sum::<u128>();
    sum(low) + (sum(high) << 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against a map, whichever pages are needed first.
    #[test]
    fn counts_are_those_of_a_map_in_any_order() {
        let mut expected = std::collections::BTreeMap::new();
        let (mut one, mut halves) = (Pages::default(), [Pages::default(), Pages::default()]);
        for i in 0..3_000_usize {
            let (number, count) = (i * 7_919 % 45_000 / 3 + 500, u64::MAX >> (i % 40 + 5));
            *expected.entry(number).or_insert(0) += count;
            *one.of(number) += count;
            *halves[i % 2].of(number) += count;
        }
        let [mut merged, other] = halves;
        merged.merge(&other);
        for pages in [&one, &merged] {
            assert!(pages.iter().eq(expected.iter().map(|(number, count)| (*number, *count))));
            let mut seen = Vec::new();
            let all = pages.each(|number, count| {
                seen.push((number, count));
                ControlFlow::<()>::Continue(())
            });
            assert!(all.is_continue() && pages.iter().eq(seen));
            for end in [0, 501, 1_000, 1_024, 9_999, 60_000] {
                let sum: u128 = expected.range(..end).map(|(_, count)| u128::from(*count)).sum();
                assert_eq!(pages.below(end), sum, "{end}");
            }
        }
        assert_eq!(one.each(|number, _| ControlFlow::Break(number)), ControlFlow::Break(500));
    }
}
