//! One plain body, compiled for several instruction sets, chosen once at run time.
//!
//! A kernel is a value that implements [`Kernel`] with an `#[inline(always)]` body; the body is inlined into one
//! function per instruction set and vectorised there. Helpers called inside must be `#[inline(always)]` functions (a
//! closure would not inherit the instruction set). All variants give the same bits, because no operation in a kernel
//! may be rounded differently: multiply-adds are either explicit (`f64::mul_add`) or absent.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU8, Ordering};

/// A computation over slices that profits from wide vectors.
pub trait Kernel {
    /// What the computation returns.
    type Output;

    /// The body; implementations mark it `#[inline(always)]`.
    fn run(self) -> Self::Output;

    /// The same for instruction sets on which rotations of words are cheap, for bodies that would be written differently there.
    #[inline(always)]
    fn run_with_rotations(self) -> Self::Output
    where
        Self: Sized,
    {
        self.run()
    }
}

/// The instruction sets that kernels are compiled for, by rising width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum InstructionSet {
    /// What every CPU of the architecture has.
    Baseline = 1,
    /// AVX2 with fused multiply-add (x86-64 since 2013).
    Avx2 = 2,
    /// AVX-512 (F, DQ, VL, BW).
    Avx512 = 3,
}

/// The chosen set, 0 before the first use.
static CHOSEN: AtomicU8 = AtomicU8::new(0);

fn detect() -> InstructionSet {
    #[cfg(target_arch = "x86_64")]
    {
        // Exactly the features that the two functions below enable: a CPU or a virtual machine can have one without another.
        let fma = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("bmi2");
        let wide = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw");
        if fma && wide {
            return InstructionSet::Avx512;
        }
        if fma {
            return InstructionSet::Avx2;
        }
    }
    InstructionSet::Baseline
}

/// The instruction set that kernels run on.
pub fn instruction_set() -> InstructionSet {
    match CHOSEN.load(Ordering::Relaxed) {
        1 => InstructionSet::Baseline,
        2 => InstructionSet::Avx2,
        3 => InstructionSet::Avx512,
        _ => {
            let detected = detect();
            CHOSEN.store(detected as u8, Ordering::Relaxed);
            detected
        }
    }
}

/// Runs kernels on a narrower instruction set than the CPU has, for tests and benches; a wider one than it has is cut
/// down to what it has. Returns the set now in use. Results do not depend on it.
pub fn force_instruction_set(wanted: InstructionSet) -> InstructionSet {
    let chosen = wanted.min(detect());
    CHOSEN.store(chosen as u8, Ordering::Relaxed);
    chosen
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,bmi2")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run_with_rotations()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi2")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

/// Runs a kernel on the widest instruction set available.
#[inline]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    match instruction_set() {
        // SAFETY: `instruction_set` returns a set only if the CPU was found to have it.
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => unsafe { run_avx512(kernel) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => unsafe { run_avx2(kernel) },
        // Every 64-bit ARM has vectors of two words; rotations by a fixed number are cheaper there, too.
        #[cfg(target_arch = "aarch64")]
        _ => kernel.run_with_rotations(),
        #[cfg(not(target_arch = "aarch64"))]
        _ => kernel.run(),
    }
}
