//! Strongly connected groups of a graph, in an order in which every edge leads forward or stays in its group.

/// Tarjan's algorithm with a stack of its own: a chain may be longer than the machine's.
pub fn groups(n: usize, next_of: impl Fn(usize, &mut Vec<usize>)) -> Vec<Vec<usize>> {
    const NEW: u32 = u32::MAX;
    let (mut index, mut low) = (vec![NEW; n], vec![NEW; n]);
    let mut open = vec![false; n];
    let (mut stack, mut groups, mut count) = (Vec::new(), Vec::new(), 0u32);
    for root in 0..n {
        if index[root] != NEW {
            continue;
        }
        let mut calls: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut enter = Some(root);
        loop {
            if let Some(node) = enter.take() {
                (index[node], low[node]) = (count, count);
                count += 1;
                stack.push(node);
                open[node] = true;
                let mut next = Vec::new();
                next_of(node, &mut next);
                calls.push((node, next));
            }
            let Some((node, next)) = calls.last_mut() else { break };
            let node = *node;
            match next.pop() {
                Some(other) if index[other] == NEW => enter = Some(other),
                Some(other) if open[other] => low[node] = low[node].min(index[other]),
                Some(_) => {}
                None => {
                    calls.pop();
                    if let Some((outer, _)) = calls.last() {
                        low[*outer] = low[*outer].min(low[node]);
                    }
                    if low[node] == index[node] {
                        let at = stack.iter().rposition(|other| *other == node).unwrap_or_default();
                        let group = stack.split_off(at);
                        for member in &group {
                            open[*member] = false;
                        }
                        groups.push(group);
                    }
                }
            }
        }
    }
    groups.reverse();
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_leads_forward_or_stays_in_its_group() {
        let edges: [&[usize]; 7] = [&[1], &[2], &[0, 3], &[4], &[], &[6, 4], &[6]];
        let found = groups(edges.len(), |node, next| next.extend(edges[node]));
        let place = |node: usize| found.iter().position(|group| group.contains(&node)).unwrap();
        for (node, next) in edges.iter().enumerate() {
            assert!(next.iter().all(|other| place(*other) >= place(node)), "{found:?}");
        }
        assert_eq!(found.iter().map(Vec::len).max(), Some(3));
        assert_eq!(found.iter().map(Vec::len).sum::<usize>(), 7);
    }

    #[test]
    fn a_long_path_does_not_end_the_stack() {
        let n = 300_000;
        let found = groups(n, |node, next| next.extend((node + 1 < n).then_some(node + 1)));
        assert_eq!(found.len(), n);
        assert_eq!(found[0], [0]);
    }
}
