//! Rare liquidations of any model, by particles.
//!
//! A probability of 1e-6 shows up once in a million plain paths. Here the paths of a block are particles: at fixed times those on
//! their way towards liquidation are copied and others make way (`swarm`), with weights that keep every weighted sum right on
//! average. All else is as in a plain block: the same steppers, bars and streams, so that whatever a scenario can name is
//! served, discrete looks, several assets and stress included.
//!
//! **Unbiased.** Let h(x) > 0 be the hope of a particle and w its weight. Selection by systematic resampling gives each particle
//! N·wh/Σwh copies on average and each copy the weight Σwh/(N·h), so that E[Σ w'·f(x')] = Σ w·f(x) for every function f of the
//! particle's state, whatever h is and whenever selection is decided on from the state at hand. By induction over the times
//! of selection, (1/N)·Σ w·1{liquidated} at the horizon has the mean P(liquidated) (Del Moral and Garnier 2005, "Genealogical
//! particle analysis of rare events", proposition 2.2; splitting goes back to Kahn and Harris 1951; Glasserman,
//! Heidelberger, Shahabuddin and Zajic 1999 on how it fails where the importance is chosen badly).
//!
//! **Efficient.** The best h is the chance to be liquidated yet. For a Brownian log-price it grows, along the likeliest way to a far
//! barrier, as exp(θ·depth) with one θ for all times, the saddle point of large deviations, which is also the slope of
//! −ln P(depth ≥ b) at the barrier. A pilot reads that slope from the tail itself, step by step (`pilot`), with no knowledge
//! of the model: h = exp(−θ·(distance left to the goal)), and 1 once there. Volatility need not be in h: particles of high
//! volatility come far and are copied.
//!
//! A single jump from afar leaves nothing to select on the way. So jumps are drawn from a law tilted by the same θ
//! ([`Stepper::tilt`](crate::model::Stepper::tilt)), with the ratio of densities as weight, which the hope of where a jump
//! leads then balances.
//!
//! Two models know their own hopes and draw by them ([`Model::foresees`](crate::model::Model::foresees)). Under GARCH a burst of volatility
//! is no tail of that kind: the chance depends on the variance more than on the depth, and is solved backwards over both. In a bootstrap the
//! rest of a block is known, and the tilted chain has a closed form but for two numbers. Particles then are selected seldom: weights stay nearly equal. What is made for one
//! goal does not serve another, so every level has its own guide, and the weight of a particle that has arrived stays as it was: on
//! average the weight at the horizon is the one at any time before, given all up to then, and what is drawn after arrival would only add
//! noise (it made the difference between a relative variance times particles of 220 and of 3).
//!
//! **Honest.** Blocks of particles are independent of each other, so the error comes from their spread (`estimate`); particles
//! of one block are not. Which levels are rare is decided by the pilot, whose paths are used for nothing else.
//!
//! What was tried: adaptive levels at quantiles of the depth (Cérou and Guyader 2007) need the order of all particles at times that differ
//! from path to path, which blocks in step do not have. Selecting at every chance adds noise where importances are nearly
//! equal; waiting until half of the particles are worth nothing (the effective number of Kong, Liu and Wong 1994) was best. For GARCH in hourly
//! steps at 1e-6, relative variance times particles: 53,000 by depth alone, 1100 by the hope of the table with 48 selections, 380 with 240,
//! 250 with 720; 3 once innovations are drawn by it. For a bootstrap, an exponent read from the tail by a pilot in place of the saddle point:
//! as good where the pilot arrives, which under daily bars it does not beyond 1e-6. Antithetic pairs are of no use here: copies share
//! the past of one of a pair, not the noise to come, and selection keeps the one that goes the right way and drops its mirror image.

mod estimate;
mod grid;
mod pilot;
mod swarm;

pub(super) use estimate::RARE;
pub use estimate::RareEvents;
