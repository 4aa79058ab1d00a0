//! GARCH: the variance of each step follows from the returns before it.
//!
//! ```text
//! r_t = c + ε_t,   ε_t = √h_t·z_t,   h_{t+1} = omega + (alpha + gamma·1{ε_t < 0})·ε_t² + beta·h_t,   c = log_drift·step
//! ```
//!
//! | key | meaning |
//! |---|---|
//! | log_drift | mean log return per year |
//! | step | length of a step, such as "1h" or "1d": that of the returns the model was fitted to |
//! | omega | constant part of the variance, per step |
//! | alpha | weight of the last squared shock |
//! | gamma | extra weight of a negative one (Glosten, Jagannathan and Runkle); 0 if absent |
//! | beta | weight of the last variance |
//! | dof | degrees of freedom of Student-t innovations scaled to variance 1, more than 2; normal if absent |
//! | initial_variance | variance of the first step; the long-run one, omega/(1 − alpha − gamma/2 − beta), if absent |
//!
//! With Student-t innovations the expected price does not exist, so the drift is of the log-price; with normal ones the expected price
//! grows faster than log_drift, by about half the variance. With alpha = beta = gamma = 0 returns are independent:
//! geometric Brownian motion seen at steps, or its Student-t kin.
//!
//! The law at the ends of steps is exact. Inside a step the price is a Brownian motion of the step's variance h_t (times the
//! mixing variable of the Student-t law, drawn at the start of the step), so bars may be of any length; a
//! recorded return says nothing about the way inside its step, so that is an assumption and not an approximation.
//!
//! Paths that are led to a goal have a mean of their innovations, and a scale of their mixing variables, by how likely they are to get there
//! from their distance and variance (`outlook`), and weights that make up for it (`led`).
//!
//! Sources: Bollerslev (1986), "Generalized autoregressive conditional heteroskedasticity"; Bollerslev (1987) for Student-t;
//! Glosten, Jagannathan and Runkle (1993).

mod columns;
mod hedge_table;
mod hedges;
mod lean;
mod led;
mod mark_table;
mod outlook;
mod parameters;
mod recursion;

use std::sync::Arc;

use self::columns::{Diffuse, Mix, NextVariance, Strides, next_variance};
use self::led::{DiffuseLed, Led};
use self::outlook::Outlook;
pub use self::parameters::Garch;
use super::jumps::Weigh;
use super::{Moves, Stepper, Stride, Tilt};
use crate::market::{Driving, Duration, Innovations};
use crate::numeric::{Aligned, Gammas, Replacement, Stream, dispatch, pitch, replace};

impl Garch {
    /// A stepper with room for blocks of up to `lanes` paths.
    pub fn stepper(&self, lanes: usize) -> impl Stepper + use<> {
        self.stepper_led_by(lanes, None)
    }

    /// Makes steppers whose paths are led by a tilt; they share the outlook.
    pub(super) fn led(self, tilt: Tilt) -> impl Fn(usize) -> Box<dyn Stepper> + Sync {
        let outlook = Arc::new(Outlook::new(&self, tilt));
        move |lanes| {
            let led = Led::new(&self, Arc::clone(&outlook), tilt);
            Box::new(self.stepper_led_by(lanes, Some(led)))
        }
    }

    fn stepper_led_by(&self, lanes: usize, led: Option<Led>) -> GarchStepper {
        let column = || Vec::with_capacity(lanes);
        GarchStepper {
            model: *self,
            variance: column(),
            shock: column(),
            mixing: column(),
            step_end: column(),
            steps: Vec::with_capacity(lanes),
            durations: Vec::new(),
            strided: Aligned::default(),
            draws: column(),
            gammas: self.dof.map(|dof| Gammas::new(0.5 * dof)),
            led,
        }
    }
}

/// Steps the recursion; the ends of steps are its events.
#[derive(Debug)]
struct GarchStepper {
    model: Garch,
    /// h of the current step, by path.
    variance: Vec<f64>,
    /// ε so far in the current step, by path.
    shock: Vec<f64>,
    /// Mixing variable of the current step, by path: a factor on its variance.
    mixing: Vec<f64>,
    /// End of the current step, by path.
    step_end: Vec<f64>,
    /// Number of the current step from 1, by path.
    steps: Vec<u64>,
    /// Lengths of the intervals of the stride at hand, and the mixing variables of their steps and of the step that follows, by interval
    /// and path.
    durations: Vec<f64>,
    strided: Aligned,
    draws: Vec<f64>,
    /// The law that the mixing variables are made from; none for normal innovations.
    gammas: Option<Gammas>,
    led: Option<Led>,
}

impl GarchStepper {
    /// Draws the mixing variables of the steps that begin: (ν − 2)/χ²_ν, of mean 1, makes a normal Student-t of variance 1.
    fn mix(
        &mut self,
        lanes: impl ExactSizeIterator<Item = usize> + Clone,
        log_price: &[f64],
        noise: &mut Stream,
    ) {
        if let Some(led) = &mut self.led {
            let steps_gone = self.steps[0] as usize - 1;
            led.lean(lanes.clone(), steps_gone, log_price, &self.variance, noise);
        }
        let Self { model, mixing, draws, gammas, led, .. } = self;
        let Some(gammas) = gammas else { return };
        let all = lanes.len() == mixing.len();
        let drawn = if all { &mut *mixing } else { &mut *draws };
        drawn.resize(lanes.len(), 0.0);
        gammas.fill(drawn, noise);
        if let Some(led) = led {
            led.mix(lanes.clone(), drawn, noise);
        }
        dispatch(Mix { scale: model.mixing_scale(), gammas: drawn });
        if !all {
            lanes.zip(draws).for_each(|(lane, drawn)| mixing[lane] = *drawn);
        }
    }

    /// When a step ends, in years: whole seconds, so that the ends of steps fall on the common times that are multiples of the step.
    fn end_of(&self, number: u64) -> f64 {
        Duration::from_seconds(number * self.model.step.seconds()).years()
    }
}

impl Stepper for GarchStepper {
    fn begin(&mut self, lanes: usize, noise: &mut Stream) {
        for (column, value) in [
            (&mut self.variance, self.model.initial_variance),
            (&mut self.shock, 0.0),
            (&mut self.mixing, 1.0),
            (&mut self.step_end, self.model.step.years()),
        ] {
            column.clear();
            column.resize(lanes, value);
        }
        self.steps.clear();
        self.steps.resize(lanes, 1);
        if let Some(led) = &mut self.led {
            led.begin(lanes);
        }
        // Nobody has moved yet.
        let log_price = std::mem::take(&mut self.shock);
        self.mix(0..lanes, &log_price, noise);
        self.shock = log_price;
    }

    fn event_times(&self) -> &[f64] {
        &self.step_end
    }

    fn events_together(&self) -> bool {
        true
    }

    fn stride_over(&self, ends: &[f64]) -> usize {
        let (Some(number), None) = (self.steps.first(), &self.led) else { return 0 };
        (*number..).zip(ends).take_while(|(number, end)| self.end_of(*number) == **end).count()
    }

    fn plan_stride(&mut self, durations: &[f64], lanes: usize, noise: &mut Stream) {
        let pitch = pitch(lanes);
        self.durations.clear();
        self.durations.extend(durations);
        self.strided.resize((durations.len() + 1) * pitch);
        let mut rows = self.strided.as_mut().chunks_exact_mut(pitch).map(|row| &mut row[..lanes]);
        if let Some(first) = rows.next() {
            first.copy_from_slice(&self.mixing);
        }
        for row in rows {
            match &mut self.gammas {
                Some(gammas) => {
                    gammas.fill(row, noise);
                    dispatch(Mix { scale: self.model.mixing_scale(), gammas: row });
                }
                None => row.fill(1.0),
            }
        }
        self.mixing.copy_from_slice(&self.strided.as_ref()[durations.len() * pitch..][..lanes]);
        let number = self.steps[0] + durations.len() as u64;
        self.steps.fill(number);
        let end = self.end_of(number);
        self.step_end.fill(end);
    }

    fn stride(&mut self, stride: Stride<'_>) {
        let Self { model, durations, variance, shock, strided, .. } = self;
        let mixing = strided.as_ref();
        dispatch(Strides { model: *model, durations, variances: variance, shock, mixing, stride });
    }

    fn advance(&mut self, moves: Moves<'_>, _noise: &mut Stream) {
        let Self { model, variance, mixing, shock, led, .. } = self;
        match led {
            Some(led) => dispatch(DiffuseLed::new(led, *model, (variance, mixing, shock), moves)),
            None => dispatch(Diffuse { model: *model, variances: variance, mixing, shock, moves }),
        }
    }

    fn drivers<'a>(&'a self, _normals: &'a [f64]) -> Option<Driving<'a>> {
        let Self { model, shock, variance, steps, .. } = self;
        let begin = Duration::from_seconds((steps.first()? - 1) * model.step.seconds()).years();
        Some(Driving::Innovations(Innovations { shock, variance, begin, length: model.step.years() }))
    }

    fn happen(&mut self, lanes: &[u32], log_price: &mut [f64], noise: &mut Stream) {
        let ending = lanes.iter().map(|lane| *lane as usize);
        if let Some(led) = &mut self.led {
            led.note(ending.clone(), 1.0);
        }
        let number = self.steps[0];
        let together = self.steps.iter().fold(true, |together, step| together & (*step == number));
        if lanes.len() == self.steps.len() && together {
            dispatch(NextVariance {
                model: self.model,
                shock: &mut self.shock,
                variance: &mut self.variance,
            });
            self.steps.fill(number + 1);
            let end = self.end_of(number + 1);
            self.step_end.fill(end);
        } else {
            for lane in ending.clone() {
                let shock = std::mem::take(&mut self.shock[lane]);
                self.variance[lane] = next_variance(&self.model, shock, self.variance[lane]);
                self.steps[lane] += 1;
                self.step_end[lane] = self.end_of(self.steps[lane]);
            }
        }
        self.mix(ending, log_price, noise);
    }

    fn replace(&mut self, replacements: &[Replacement]) {
        for column in [&mut self.variance, &mut self.shock, &mut self.mixing, &mut self.step_end] {
            replace(column, replacements);
        }
        replace(&mut self.steps, replacements);
        if let Some(led) = &mut self.led {
            led.replace(replacements);
        }
    }

    fn foresee(&self, left: &[f64], logarithms: &mut [f64]) {
        if let Some(led) = &self.led {
            led.hopes(self.steps[0] as usize - 1, left, &self.variance, logarithms);
        }
    }

    fn weigh(&mut self, time: f64, weights: &mut [f64]) {
        let Some(led) = &mut self.led else { return };
        // A step that has begun counts; one that is about to begin does not.
        let elapsed = 1.0 - (self.step_end[0] - time) / self.model.step.years();
        if elapsed > 1e-9 {
            led.note(0..weights.len(), elapsed);
        }
        dispatch(Weigh { common: 0.0, logarithms: &mut led.logarithms, weights });
    }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, StudentsT};

    use super::*;
    use crate::numeric::Purpose;

    /// Weighted means over tilted steps are those of the law: of 1, of the square (variance h) and of the tail beyond 12 deviations,
    /// each within 4 standard errors (false alarm 2e-4 in all).
    #[test]
    fn weights_make_up_for_large_steps() {
        let lanes = 400_000;
        let step = Duration::from_seconds(86_400);
        let model = Garch {
            log_drift: 0.0,
            step,
            omega: 1e-3,
            alpha: 0.0,
            gamma: 0.0,
            beta: 0.0,
            dof: Some(6.0),
            initial_variance: 1e-3,
        };
        let mut stepper = model.led(Tilt { exponent: -10.0, goal: 0.5, horizon: 10.0 * step.years() })(lanes);
        let mut noise = Stream::new(5, Purpose::Event(0), 0);
        stepper.begin(lanes, &mut noise);
        let everyone: Vec<u32> = (0..lanes as u32).collect();
        let (mut normals, zeros) = (vec![0.0; lanes], vec![0.0; lanes]);
        noise.normals(&mut normals);
        let (mut close, mut variance, mut low, mut high) =
            (zeros.clone(), zeros.clone(), zeros.clone(), zeros.clone());
        let moves = Moves {
            lanes: &everyone,
            duration: &vec![step.years(); lanes],
            normals: &normals,
            open: &zeros,
            close: &mut close,
            variance: &mut variance,
            low: &mut low,
            high: &mut high,
            volatility_times: 1.0,
        };
        stepper.advance(moves, &mut noise);
        let mut weights = vec![1.0; lanes];
        stepper.weigh(step.years(), &mut weights);
        let deviation = 1e-3_f64.sqrt();
        let tail = |x: f64| f64::from(u8::from(x.abs() > 12.0 * deviation));
        // Scaled to variance 1 the innovation is Student's t over √(ν/(ν − 2)).
        let far = 2.0 * StudentsT::new(0.0, 1.0, 6.0).unwrap().sf(12.0 * 1.5_f64.sqrt());
        for (of, known) in [(&(|_| 1.0) as &dyn Fn(f64) -> f64, 1.0), (&|x| x * x, 1e-3), (&tail, far)] {
            let terms = close.iter().zip(&weights).map(|(x, weight)| weight * of(*x));
            let n = lanes as f64;
            let found = terms.clone().sum::<f64>() / n;
            let square = terms.map(|term| term * term).sum::<f64>() / n;
            let error = ((square - found * found) / n).sqrt();
            let z = (found - known) / error;
            assert!(z.abs() < 4.0, "{found} against {known}, z = {z:.2}");
            // Plain draws have an error of √(p/n).
            assert!(known != far || error < 0.2 * (far / n).sqrt(), "{error}");
        }
    }
}
