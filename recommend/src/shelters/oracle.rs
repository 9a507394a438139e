//! The network simplex against a general solver of linear programmes, and against the bound of its own prices.

use super::network::{Network, NetworkPart};
use super::simplex::solve;
use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, proptest};

/// The same town as a linear programme; the least cost. Persons may be parted, so it can only be lower.
fn least_by_linear_programme(network: &Network) -> f64 {
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    let float = |whole: i64| f64::from(i32::try_from(whole).expect("the test's figures are small"));
    let ways: Vec<Variable> = network
        .cost
        .iter()
        .map(|cost| problem.add_var(float(*cost), (0.0, f64::INFINITY)))
        .collect();
    for (unit, persons) in network.supply.iter().enumerate() {
        let none = problem.add_var(float(network.no_place_cost), (0.0, f64::INFINITY));
        let row = network.row[unit]..network.row[unit + 1];
        let all: Vec<(Variable, f64)> = ways[row]
            .iter()
            .map(|way| (*way, 1.0))
            .chain([(none, 1.0)])
            .collect();
        problem.add_constraint(&all, ComparisonOp::Eq, float(*persons));
    }
    for shelter in 0..network.shelters {
        let mut all: Vec<(Variable, f64)> = network
            .head
            .iter()
            .zip(&ways)
            .filter(|(head, _)| **head as usize == shelter)
            .map(|(_, way)| (*way, 1.0))
            .collect();
        for part in network
            .parts
            .iter()
            .filter(|part| part.shelter as usize == shelter)
        {
            let inside = problem.add_var(float(part.cost), (0.0, float(part.persons)));
            all.push((inside, -1.0));
        }
        if !all.is_empty() {
            problem.add_constraint(&all, ComparisonOp::Eq, 0.0);
        }
    }
    problem
        .solve()
        .expect("nobody need have a place, so there is a plan")
        .objective()
}

/// Units, shelters, ways with holes, equal costs now and then, more or fewer places than people.
fn town(units: usize, shelters: usize) -> impl Strategy<Value = Network> {
    let supply = proptest::collection::vec(0_i64..60, units);
    let ways =
        proptest::collection::vec(proptest::option::weighted(0.7, 0_i64..25), units * shelters);
    let parts = proptest::collection::vec((1_i64..40, 0_i64..20, 1_i64..40, 0_i64..20), shelters);
    (supply, ways, parts, Just((units, shelters)), any::<bool>()).prop_map(
        |(supply, ways, parts, (units, shelters), scarce)| {
            let mut network = Network {
                supply,
                shelters,
                row: vec![0],
                tail: Vec::new(),
                head: Vec::new(),
                cost: Vec::new(),
                no_place_cost: 10_000,
                parts: Vec::new(),
            };
            for unit in 0..units {
                for shelter in 0..shelters {
                    if let Some(cost) = ways[unit * shelters + shelter] {
                        network.tail.push(u32::try_from(unit).expect("small"));
                        network.head.push(u32::try_from(shelter).expect("small"));
                        network.cost.push(cost);
                    }
                }
                network.row.push(network.cost.len());
            }
            for (shelter, (first, cost, second, more)) in parts.into_iter().enumerate() {
                let shelter = u32::try_from(shelter).expect("small");
                let times = if scarce { 1 } else { 4 };
                network.parts.push(NetworkPart {
                    shelter,
                    persons: first * times,
                    cost,
                });
                network.parts.push(NetworkPart {
                    shelter,
                    persons: second * times,
                    cost: cost + more,
                });
            }
            network
        },
    )
}

proptest! {
    #[test]
    fn the_plan_costs_what_a_general_solver_finds_and_proves_itself(
        network in (0_usize..14, 0_usize..9).prop_flat_map(|(units, shelters)| town(units, shelters))
    ) {
        let flow = solve(&network).expect("it ends");
        let bounds = network.bounds(&flow).expect("the plan is a plan");
        prop_assert_eq!(bounds.cost, bounds.least, "reduced costs and filled parts prove it");
        let general = least_by_linear_programme(&network);
        #[expect(clippy::cast_precision_loss, reason = "a small figure")]
        let ours = bounds.cost as f64;
        prop_assert!((ours - general).abs() < 1e-4 * (1.0 + general.abs()), "{ours} against {general}");
    }

    #[test]
    fn larger_towns_prove_themselves(network in town(60, 25)) {
        let flow = solve(&network).expect("it ends");
        let bounds = network.bounds(&flow).expect("the plan is a plan");
        prop_assert_eq!(bounds.cost, bounds.least);
    }
}

#[test]
fn a_plan_that_is_not_the_best_is_seen_by_its_bound() {
    // Two units, two shelters with one place each; crossing over costs more.
    let network = Network {
        supply: vec![1, 1],
        shelters: 2,
        row: vec![0, 2, 4],
        tail: vec![0, 0, 1, 1],
        head: vec![0, 1, 0, 1],
        cost: vec![1, 5, 5, 1],
        no_place_cost: 100,
        parts: vec![
            NetworkPart {
                shelter: 0,
                persons: 1,
                cost: 0,
            },
            NetworkPart {
                shelter: 1,
                persons: 1,
                cost: 0,
            },
        ],
    };
    let mut flow = solve(&network).expect("it ends");
    assert_eq!(flow.ways, [1, 0, 0, 1]);
    assert_eq!(network.bounds(&flow).map(|b| (b.cost, b.least)), Ok((2, 2)));
    flow.ways = vec![0, 1, 1, 0];
    let crossed = network.bounds(&flow).expect("it is a plan, only a bad one");
    assert!(crossed.cost > crossed.least);
    flow.ways = vec![1, 1, 0, 0];
    assert!(
        network
            .bounds(&flow)
            .is_err_and(|why| why.contains("nowhere"))
    );
}
