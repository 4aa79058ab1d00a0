//! Tests that choose the instruction set, which is one choice for the whole process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use liqsim::numeric::{InstructionSet, force_instruction_set, instruction_set};

static TURN: Mutex<()> = Mutex::new(());

/// The choice, held by one test at a time and given back at its end.
pub struct Forced {
    own: InstructionSet,
    _turn: MutexGuard<'static, ()>,
}

impl Forced {
    /// Waits until no other test holds the choice.
    pub fn begin() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Self { own: instruction_set(), _turn: turn }
    }

    /// Chooses a set.
    pub fn set(&self, set: InstructionSet) {
        force_instruction_set(set);
    }
}

impl Drop for Forced {
    fn drop(&mut self) {
        force_instruction_set(self.own);
    }
}
