//! A Brownian motion that is led by nets: where it stands at some evenly spaced times is taken from their points.
//!
//! Given where it stands at these times, its anchors, a Brownian motion is a bridge between each and the next (Karatzas and Shreve
//! 1991, section 5.6.B). So paths that move by independent normals can be led afterwards, whatever their steps: of each normal only
//! the part is kept that the bridge leaves open, and the normals that come out have the law of independent ones.

use super::anchors;
use super::dispatch::{Kernel, dispatch};
use super::nets::Nets;

/// Most anchors.
const MOST: usize = 8;
/// Times that are this near to an anchor, as a share of the distance between two, are there.
const NEAR: f64 = 1e-9;

/// Leads the normals of one driver on the paths of a block.
#[derive(Debug, Default)]
pub struct Guide {
    /// Number of anchors after the start; none where the driver is not led.
    anchors: usize,
    /// Time between two.
    spacing: f64,
    /// Where the motion stands at the start and at each anchor, by anchor and path.
    at: Vec<f64>,
    /// Where it stands now.
    level: Vec<f64>,
    /// The time that each path has reached.
    now: Vec<f64>,
    /// That of all, while it is the same.
    together: Option<f64>,
    drawn: Vec<f64>,
    /// Of paths that stop before the others: the length of their interval, their normal, and where they stood.
    short: Vec<(u32, [f64; 3])>,
}

impl Guide {
    /// Starts `lanes` paths of a length in years, with at most so many anchors: fewer where the nets have fewer coordinates left.
    pub fn begin(&mut self, nets: &mut Nets, anchors: usize, horizon: f64, lanes: usize) {
        let most = anchors.min(MOST).min(nets.left());
        self.anchors = if most == 0 { 0 } else { 1 << most.ilog2() };
        if self.anchors == 0 {
            return;
        }
        self.spacing = horizon / self.anchors as f64;
        for (column, length) in [(&mut self.level, lanes), (&mut self.now, lanes)] {
            column.clear();
            column.resize(length, 0.0);
        }
        self.together = Some(0.0);
        anchors::fill(&mut self.at, nets, (self.anchors, horizon), &mut self.drawn);
    }

    /// No path is led.
    pub fn rest(&mut self) {
        self.anchors = 0;
    }

    /// Leads the normals of all paths over an interval of the same length in years.
    pub fn all(&mut self, duration: f64, normals: &mut [f64]) {
        if self.anchors == 0 || duration <= 0.0 {
            return;
        }
        let Some(start) = self.together else { return self.each(None, &[duration], normals) };
        let (lanes, end) = (self.level.len(), start + duration);
        self.together = Some(end);
        if self.is_past(start) {
            return;
        }
        let place = Place::of(end / self.spacing, self.anchors);
        let anchor = |number: usize| &self.at[number * lanes..][..lanes];
        let (mut from, mut to, mut bridge) = (anchor(place.anchor), anchor(place.anchor), [0.0; 2]);
        let mut is_inside = false;
        if !place.is_there {
            to = anchor(place.anchor + 1);
            is_inside = start >= (place.anchor as f64 - NEAR) * self.spacing;
            let base = if is_inside { start } else { place.anchor as f64 * self.spacing };
            bridge = between(base, end, (place.anchor + 1) as f64 * self.spacing);
            from = if is_inside { &[] } else { from };
        }
        let scale = 1.0 / duration.sqrt();
        dispatch(Lead { from, to, bridge, is_inside, scale, level: &mut self.level, normals });
    }

    /// Leads the normals of the listed paths over intervals of their own lengths in years.
    pub fn some(&mut self, lanes: &[u32], durations: &[f64], normals: &mut [f64]) {
        if self.anchors == 0 {
            return;
        }
        let longest = durations.iter().fold(0.0, |most, one| if *one > most { *one } else { most });
        let Some(start) = self.together.filter(|_| lanes.len() == self.level.len()) else {
            return self.each(Some(lanes), durations, normals);
        };
        // Most paths go on to the same time, and those that stop before are led again from where they were.
        self.short.clear();
        let all = durations.iter().zip(&*normals).zip(&self.level).enumerate();
        let short = all.filter(|(_, ((duration, _), _))| **duration != longest);
        self.short.extend(
            short.map(|(lane, ((duration, normal), level))| (lane as u32, [*duration, *normal, *level])),
        );
        self.all(longest, normals);
        if self.short.is_empty() {
            return;
        }
        self.now.fill(start + longest);
        self.together = None;
        let short = std::mem::take(&mut self.short);
        let (mut own, mut lengths, mut led) = (Vec::new(), Vec::new(), Vec::new());
        for (lane, [duration, normal, level]) in &short {
            (self.now[*lane as usize], self.level[*lane as usize]) = (start, *level);
            own.push(*lane);
            lengths.push(*duration);
            led.push(*normal);
        }
        self.each(Some(&own), &lengths, &mut led);
        for (lane, led) in own.iter().zip(led) {
            normals[*lane as usize] = led;
        }
        self.short = short;
    }

    /// One path after the other; `durations` holds one for all where no paths are listed.
    fn each(&mut self, lanes: Option<&[u32]>, durations: &[f64], normals: &mut [f64]) {
        if let Some(time) = self.together.take() {
            self.now.fill(time);
        }
        dispatch(Each { guide: self, lanes, durations, normals });
    }

    /// Whether the last anchor has been reached at a time: nothing is led beyond.
    #[inline(always)]
    fn is_past(&self, time: f64) -> bool {
        time >= (self.anchors as f64 - NEAR) * self.spacing
    }

    /// Whether paths are led.
    pub fn is_led(&self) -> bool {
        self.anchors > 0
    }

    /// Takes note that every path has reached a time.
    pub fn arrive(&mut self, time: f64) {
        self.together = Some(time);
    }
}

/// The last anchor at or before a time.
struct Place {
    anchor: usize,
    /// Whether the time is that of the anchor.
    is_there: bool,
}

impl Place {
    /// That of a time in units of the distance between anchors.
    #[inline(always)]
    fn of(time: f64, anchors: usize) -> Self {
        let anchor = ((time + NEAR) as i32 as usize).min(anchors);
        Self { anchor, is_there: anchor == anchors || time - anchor as f64 <= NEAR }
    }
}

/// At a time between two others, the share of the way of a bridge, and its deviation.
#[inline(always)]
fn between(from: f64, time: f64, to: f64) -> [f64; 2] {
    let (gone, length) = (time - from, to - from);
    [gone / length, (gone * (to - time).max(0.0) / length).sqrt()]
}

struct Lead<'a> {
    /// Where the bridge begins, where that is not where each path stands now.
    from: &'a [f64],
    to: &'a [f64],
    bridge: [f64; 2],
    is_inside: bool,
    /// From a move to a standard normal.
    scale: f64,
    level: &'a mut [f64],
    normals: &'a mut [f64],
}

impl Kernel for Lead<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { from, to, bridge: [share, deviation], is_inside, scale, level, normals } = self;
        let columns = normals.iter_mut().zip(level).zip(to);
        if is_inside {
            for ((normal, level), to) in columns {
                let reached = deviation.mul_add(*normal, share.mul_add(to - *level, *level));
                *normal = scale * (reached - *level);
                *level = reached;
            }
        } else {
            for (((normal, level), to), from) in columns.zip(from) {
                let reached = deviation.mul_add(*normal, share.mul_add(to - from, *from));
                *normal = scale * (reached - *level);
                *level = reached;
            }
        }
    }
}

struct Each<'a> {
    guide: &'a mut Guide,
    lanes: Option<&'a [u32]>,
    durations: &'a [f64],
    normals: &'a mut [f64],
}

/// Paths that go together.
const CHUNK: usize = 32;

/// What a path brings to an interval.
#[derive(Clone, Copy, Default)]
struct Bar {
    start: f64,
    duration: f64,
    level: f64,
}

impl Kernel for Each<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { guide, lanes, durations, normals } = self;
        for (number, normals) in normals.chunks_mut(CHUNK).enumerate() {
            let (first, count) = (number * CHUNK, normals.len());
            let (mut own, mut bars, mut places) = ([0; CHUNK], [Bar::default(); CHUNK], [0; CHUNK]);
            for (i, (own, bar)) in own.iter_mut().zip(&mut bars).enumerate().take(count) {
                *own = lanes.map_or(first + i, |lanes| lanes[first + i] as usize);
                let duration = if durations.len() > 1 { durations[first + i] } else { durations[0] };
                *bar = Bar { start: guide.now[*own], duration, level: guide.level[*own] };
            }
            for (place, bar) in places.iter_mut().zip(&bars) {
                *place = Place::of((bar.start + bar.duration) / guide.spacing, guide.anchors).anchor;
            }
            // The anchor before the end of each interval and the one after: what lies about in memory, so that the rest runs in lanes.
            let mut anchors = [[0.0; 2]; CHUNK];
            for ((anchors, place), own) in anchors.iter_mut().zip(&places).zip(&own).take(count) {
                let next = (place + 1).min(guide.anchors);
                *anchors = [*place, next].map(|anchor| guide.at[anchor * guide.level.len() + own]);
            }
            let mut reached = [[0.0; 2]; CHUNK];
            let (mut inputs, spacing) = ([0.0; CHUNK], guide.spacing);
            inputs[..count].copy_from_slice(normals);
            for ((((reached, bar), place), anchors), normal) in
                reached.iter_mut().zip(&bars).zip(&places).zip(&anchors).zip(&inputs)
            {
                *reached = bar.led(*place, (spacing, guide.anchors), *anchors, *normal);
            }
            for (i, own) in own.iter().enumerate().take(count) {
                let [level, normal] = reached[i];
                normals[i] = normal;
                guide.level[*own] = level;
                guide.now[*own] = bars[i].start + bars[i].duration;
            }
        }
    }
}

impl Bar {
    /// Where the motion stands at the end, and the normal that brings it there; `anchors` are the last one before the end and the next.
    #[inline(always)]
    fn led(
        self,
        place: usize,
        (spacing, count): (f64, usize),
        [anchor, next]: [f64; 2],
        normal: f64,
    ) -> [f64; 2] {
        let Self { start, duration, level } = self;
        let (end, edge) = (start + duration, place as f64 * spacing);
        let is_inside = start >= edge - NEAR * spacing;
        let from = if is_inside { level } else { anchor };
        let base = if is_inside { start } else { edge };
        let [share, deviation] = between(base, end, edge + spacing);
        let bridge = deviation.mul_add(normal, share.mul_add(next - from, from));
        let is_there = (place == count) | (end / spacing - place as f64 <= NEAR);
        let reached = if is_there { anchor } else { bridge };
        // Nothing is led beyond the last anchor, and no time makes no move.
        let is_led = (duration > 0.0) & (start < (count as f64 - NEAR) * spacing);
        let led = (reached - level) / duration.sqrt();
        [if is_led { reached } else { level }, if is_led { led } else { normal }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{Purpose, Stream};

    /// Moves of 256 paths over some intervals, each with what it is to be led by.
    fn moved(block: u64, durations: &[f64], apart: bool) -> Vec<Vec<f64>> {
        let (paths, horizon) = (256, 1.0);
        let (mut nets, mut guide) = (Nets::default(), Guide::default());
        nets.begin(5, block, paths, false);
        guide.begin(&mut nets, 8, horizon, paths);
        let mut noise = Stream::new(5, Purpose::Move(0), block);
        let lanes: Vec<u32> = (0..paths as u32).collect();
        let lead = |duration: &f64| {
            let mut normals = vec![0.0; paths];
            noise.normals(&mut normals);
            match apart {
                true => guide.each(Some(&lanes), &vec![*duration; paths], &mut normals),
                false => guide.all(*duration, &mut normals),
            }
            normals
        };
        durations.iter().map(lead).collect()
    }

    /// Intervals that end before, at and beyond anchors, one that passes several, and the rest.
    const DURATIONS: [f64; 7] = [0.05, 0.075, 0.1, 0.3, 0.0125, 0.4, 0.0625];

    /// What comes out over blocks is independent standard normals: means, variances and correlations of all intervals, within 4.5 standard
    /// errors (28 of them; false alarm 2e-4). Of one path in each block, since those of a net depend on each other.
    #[test]
    fn what_is_led_is_still_independent_normals() {
        let blocks = 6_000;
        let mut sums = [[0.0; 7]; 7];
        let mut means = [0.0; 7];
        for block in 0..blocks {
            let normals = moved(block, &DURATIONS, block % 2 == 0);
            for (i, row) in sums.iter_mut().enumerate() {
                means[i] += normals[i][3];
                for (j, sum) in row.iter_mut().enumerate() {
                    *sum += normals[i][3] * normals[j][3];
                }
            }
        }
        let n = blocks as f64;
        for i in 0..7 {
            assert!((means[i] / n.sqrt()).abs() < 4.5, "mean {i}: {}", means[i] / n);
            for j in 0..=i {
                let (truth, variance) = if i == j { (1.0, 2.0) } else { (0.0, 1.0) };
                let z = (sums[i][j] / n - truth) / (variance / n).sqrt();
                assert!(z.abs() < 4.5, "{i} {j}: {z}");
            }
        }
    }

    /// At the last anchor the 256 paths of a net stand one in each of 256 intervals of equal chance.
    #[test]
    fn where_paths_end_is_spread_evenly() {
        for apart in [false, true] {
            let normals = moved(9, &DURATIONS, apart);
            let mut ends: Vec<f64> = (0..256)
                .map(|path| normals.iter().zip(DURATIONS).map(|(z, d)| d.sqrt() * z[path]).sum())
                .collect();
            ends.sort_by(f64::total_cmp);
            for (place, end) in ends.iter().enumerate() {
                let edge = |number: usize| crate::numeric::normal_quantile(number as f64 / 256.0);
                assert!(place == 0 || *end > edge(place) - 1e-9, "{place}: {end}");
                assert!(place == 255 || *end < edge(place + 1) + 1e-9, "{place}: {end}");
            }
        }
    }

    #[test]
    fn together_and_apart_lead_alike_and_the_rest_is_left_alone() {
        let (together, apart) = (moved(2, &DURATIONS, false), moved(2, &DURATIONS, true));
        for (one, other) in together.iter().flatten().zip(apart.iter().flatten()) {
            assert!((one - other).abs() < 1e-9, "{one} {other}");
        }
        let mut noise = Stream::new(5, Purpose::Move(0), 2);
        let mut plain = vec![0.0; 256];
        (0..9).for_each(|_| noise.normals(&mut plain));
        let beyond = moved(2, &[DURATIONS.as_slice(), &[0.2, 0.3]].concat(), false);
        assert_eq!(beyond[8], plain);
    }
}
