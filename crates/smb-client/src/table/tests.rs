use std::collections::{HashMap, VecDeque};
use std::vec::Vec;

use proptest::prelude::*;

use super::*;

fn exchange(number: u32) -> Exchange<u32> {
    Exchange {
        token: Some(number),
        command: Command::ECHO,
        charge: 1,
        session_id: 0,
        tree_id: 0,
        reply: Reply::Message { max: 0 },
        pended_timeout: None,
        deadline: Time(0),
        started: Time(0),
        timeout: Interval(0),
        message_id: None,
        async_id: None,
        settled: false,
        cancelled: false,
    }
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Insert,
    SendQueued,
    RemoveQueued(usize),
    RemoveSent(usize),
}

fn work() -> impl Strategy<Value = Work> {
    prop_oneof![
        3 => Just(Work::Insert),
        2 => Just(Work::SendQueued),
        1 => any::<usize>().prop_map(Work::RemoveQueued),
        1 => any::<usize>().prop_map(Work::RemoveSent),
    ]
}

proptest! {
    #[test]
    fn the_table_does_what_a_queue_and_a_map_do(step in 1u64..40, all in prop::collection::vec(work(), 0..200)) {
        const CAPACITY: u16 = 13;
        let mut table = Table::new(CAPACITY).unwrap();
        let mut queue: VecDeque<(ExchangeId, u32)> = VecDeque::new();
        let mut sent: HashMap<u64, (ExchangeId, u32)> = HashMap::new();
        let mut next_id = 0u64;
        for (number, work) in (0u32..).zip(all) {
            match work {
                Work::Insert => match table.vacant() {
                    Some(vacant) => {
                        let id = vacant.fill(exchange(number));
                        table.enqueue(id);
                        queue.push_back((id, number));
                    }
                    None => prop_assert_eq!(queue.len() + sent.len(), usize::from(CAPACITY)),
                },
                Work::SendQueued => {
                    prop_assert!(table.queue().map(|(id, _)| id).eq(queue.iter().map(|(id, _)| *id)));
                    if let Some((id, number)) = queue.pop_front() {
                        table.send(id, next_id);
                        sent.insert(next_id, (id, number));
                        next_id += step;
                    }
                }
                Work::RemoveQueued(which) if !queue.is_empty() => {
                    let (id, number) = queue.remove(which % queue.len()).unwrap();
                    prop_assert_eq!(table.remove(id).unwrap().token, Some(number));
                    prop_assert!(table.remove(id).is_none(), "removed twice");
                }
                Work::RemoveSent(which) if !sent.is_empty() => {
                    let mut ids: Vec<u64> = sent.keys().copied().collect();
                    ids.sort_unstable();
                    let message_id = ids[which % ids.len()];
                    let (id, number) = sent.remove(&message_id).unwrap();
                    prop_assert_eq!(table.remove(id).unwrap().token, Some(number));
                    prop_assert_eq!(table.find(message_id), None);
                }
                Work::RemoveQueued(_) | Work::RemoveSent(_) => {}
            }
            for (message_id, (id, number)) in &sent {
                prop_assert_eq!(table.find(*message_id), Some(*id));
                prop_assert_eq!(table.get(*id).unwrap().token, Some(*number));
            }
            prop_assert_eq!(table.find(next_id), None);
            prop_assert_eq!(table.iter().count(), queue.len() + sent.len());
            let free = usize::from(CAPACITY) - queue.len() - sent.len();
            prop_assert!(table.has_room_for(free) && !table.has_room_for(free + 1));
        }
    }
}

#[test]
fn a_table_without_capacity_takes_nothing() {
    let mut table: Table<u32> = Table::new(0).unwrap();
    assert!(table.vacant().is_none());
    assert_eq!(table.find(0), None);
}

#[test]
fn an_old_name_of_a_reused_slot_finds_nothing() {
    let mut table = Table::new(1).unwrap();
    let old = table.vacant().unwrap().fill(exchange(1));
    table.send(old, 1);
    table.remove(old);
    let new = table.vacant().unwrap().fill(exchange(2));
    assert!(table.get(old).is_none());
    assert!(table.get(new).is_some());
}
