//! The town as a network: units send persons, shelters pass them on, the sink takes them all.

/// People flow from units over ways to shelters, and over the parts of their places to the sink. Who finds no place goes
/// from the unit to the sink directly, at a cost that outweighs every way.
#[derive(Debug)]
pub(super) struct Network {
    /// Persons of each unit.
    pub(super) supply: Vec<i64>,
    /// Number of shelters.
    pub(super) shelters: usize,
    /// Ways of unit `u`: `row[u]..row[u + 1]`.
    pub(super) row: Vec<usize>,
    /// Unit of each way.
    pub(super) tail: Vec<u32>,
    /// Shelter of each way.
    pub(super) head: Vec<u32>,
    /// Cost of one person on each way.
    pub(super) cost: Vec<i64>,
    /// Cost of one person without a place.
    pub(super) no_place_cost: i64,
    /// Parts of the places; those of one shelter in the order of rising cost.
    pub(super) parts: Vec<NetworkPart>,
}

/// Places of one shelter that cost the same.
#[derive(Debug)]
pub(super) struct NetworkPart {
    pub(super) shelter: u32,
    pub(super) persons: i64,
    pub(super) cost: i64,
}

/// Who goes where, with prices that prove it.
#[derive(Debug)]
pub(super) struct Flow {
    /// Persons on each way.
    pub(super) ways: Vec<i64>,
    /// Persons of each unit without a place.
    pub(super) no_place: Vec<i64>,
    /// Persons in each part.
    pub(super) parts: Vec<i64>,
    /// Price of each unit, then of each shelter; the sink's is 0.
    pub(super) price: Vec<i64>,
    /// Steps it took.
    pub(super) pivots: u64,
}

/// Cost of a plan, and a bound that no plan can go below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) cost: i128,
    pub(super) least: i128,
}

impl Network {
    /// Checks a flow against the network from the beginning, trusting nothing the solver said: everybody goes somewhere,
    /// nothing is over-full, and its cost beside the bound that its prices give (weak duality). Equal means optimal.
    pub(super) fn bounds(&self, flow: &Flow) -> Result<Bounds, String> {
        let units = self.supply.len();
        let mut left = self.supply.clone();
        let mut inflow = vec![0_i64; self.shelters];
        let (mut cost, mut least) = (0_i128, 0_i128);
        let price_of_shelter = |shelter: u32| flow.price[units + shelter as usize];
        for (way, &persons) in flow.ways.iter().enumerate() {
            let (unit, shelter) = (self.tail[way] as usize, self.head[way]);
            if persons < 0 {
                return Err(format!("way {way} carries {persons} persons"));
            }
            left[unit] -= persons;
            inflow[shelter as usize] += persons;
            cost += i128::from(persons) * i128::from(self.cost[way]);
            let reduced = self.cost[way] + flow.price[unit] - price_of_shelter(shelter);
            if reduced < 0 {
                return Err(format!("way {way} would be cheaper by {}", -reduced));
            }
        }
        for (unit, &persons) in flow.no_place.iter().enumerate() {
            left[unit] -= persons;
            cost += i128::from(persons) * i128::from(self.no_place_cost);
            if persons < 0 || self.no_place_cost + flow.price[unit] < 0 {
                return Err(format!("unit {unit}: persons without a place are wrong"));
            }
            least -= i128::from(self.supply[unit]) * i128::from(flow.price[unit]);
        }
        if let Some(unit) = left.iter().position(|persons| *persons != 0) {
            return Err(format!("unit {unit}: {} persons are nowhere", left[unit]));
        }
        for (part, &persons) in self.parts.iter().zip(&flow.parts) {
            if !(0..=part.persons).contains(&persons) {
                return Err(format!(
                    "shelter {}: {persons} in a part of {}",
                    part.shelter, part.persons
                ));
            }
            inflow[part.shelter as usize] -= persons;
            cost += i128::from(persons) * i128::from(part.cost);
            let reduced = part.cost + price_of_shelter(part.shelter);
            least += i128::from(part.persons) * i128::from(reduced.min(0));
        }
        if let Some(shelter) = inflow.iter().position(|persons| *persons != 0) {
            return Err(format!(
                "shelter {shelter}: who comes in is not who is inside"
            ));
        }
        Ok(Bounds { cost, least })
    }
}
