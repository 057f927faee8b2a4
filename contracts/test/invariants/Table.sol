// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Demands} from "../../src/Demands.sol";
import {GraphArbiter} from "../../src/GraphArbiter.sol";
import {Pinpoint} from "../../src/Pinpoint.sol";
import {Registry} from "../../src/Registry.sol";
import {
    Claim,
    ClaimState,
    ClaimStatus,
    Descent,
    Game,
    GameState,
    GameStatus,
    Leaf,
    Request,
    Terms
} from "../../src/Types.sol";
import {VM, Vm} from "../utils/Vm.sol";
import {Trace} from "./Trace.sol";

/// @dev Claims and games on the contracts, and every move that their parties can make.
abstract contract Table is Trace {
    Vm internal constant vm = VM;
    uint256 public constant CLAIM_BOND = 1 ether;
    uint256 public constant CHALLENGE_BOND = 0.2 ether;
    uint256 public constant REPAYMENT = 0.0025 ether;
    uint256 public constant WINDOW = 1 days;
    uint256 public constant CLOCK = 2 hours;
    uint256 public constant INCREMENT = 60;
    uint256 public constant DESCENT_INCREMENT = 600;
    uint256 internal constant K_PARTS = 16;

    struct Played {
        uint256 claim;
        Game game;
        /// The submitter's hashes of the last dissection.
        bytes32[] ends;
        uint64 graphStep;
        uint256 opened;
        bool over;
    }

    struct Claimed {
        Claim claim;
        Request request;
        Lie lie;
        bool isTrue;
        uint256 made;
        bool checked;
        bool over;
    }

    Registry public registry;
    Pinpoint public pinpoint;
    Demands public demands;
    bytes32 public offer;
    bytes32 public model;
    address[] public accounts;

    Claimed[] internal _claims;
    Played[] internal _games;
    uint256 internal _now;

    constructor() Trace(2, 40) {
        _now = 1_700_000_000;
        vm.warp(_now);
        string[6] memory names = ["honest", "checker", "liar", "sham", "second sham", "stranger"];
        for (uint256 i = 0; i < names.length; i++) {
            address account = vm.addr(uint256(keccak256(bytes(names[i]))));
            vm.label(account, names[i]);
            vm.deal(account, 10_000 ether);
            accounts.push(account);
        }
        (honest, checker, liar) = (accounts[0], accounts[1], accounts[2]);
        registry = new Registry(1 hours, 10 minutes, REPAYMENT);
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 2);
        GraphArbiter graphArbiter = new GraphArbiter();
        pinpoint = new Pinpoint(K, registry, counting, graphArbiter, next);
        demands = new Demands(pinpoint);
        model = registry.register(registration);
        offer = registry.offer(
            model,
            Terms({
                submitter: address(0),
                token: address(0),
                fee: 0,
                window: uint24(WINDOW),
                clock: uint24(CLOCK),
                increment: uint24(INCREMENT),
                descentIncrement: uint24(DESCENT_INCREMENT),
                commitDelay: 0,
                claimBond: uint96(CLAIM_BOND),
                challengeBond: uint96(CHALLENGE_BOND),
                repayment: uint96(REPAYMENT)
            })
        );
    }

    // Who is who.

    function claimId(uint256 c) public view returns (bytes32) {
        return pinpoint.claimIdOf(_claims[c].claim);
    }

    function gameId(uint256 i) public view returns (bytes32) {
        return _gameId(_games[i].game);
    }

    function _gameId(Game memory game) private view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                uint8(0x25), block.chainid, address(pinpoint), game.claimId, game.challenger, game.number
            )
        );
    }

    // The moves.

    function _challenge(uint256 c, address challenger) private {
        Claimed storage claimed = _claims[c];
        bytes32 end = _end(claimed.lie);
        ClaimState memory state = pinpoint.getClaim(claimId(c));
        vm.prank(challenger);
        try pinpoint.challenge{value: CHALLENGE_BOND}(
            claimed.claim, registration, claimed.request, Leaf(0, end, new bytes32[](0))
        ) {
            Played storage played = _games.push();
            played.claim = c;
            played.opened = _now;
            played.game = Game({
                claimId: claimId(c),
                challenger: challenger,
                number: state.games,
                iterations: ITERATIONS,
                level: 0,
                turn: 0,
                lo: 0,
                hi: LENGTH,
                loHash: truth[0],
                hiHash: end,
                dissection: 0,
                code: model
            });
            counts["challenges"]++;
        } catch {}
    }

    function _live(Played storage played) private view returns (bool) {
        return !played.over && !_claims[played.claim].over;
    }

    function _move(uint256 i, uint256 seed) private {
        Played storage played = _games[i];
        if (!_live(played)) return;
        if (played.game.turn == 1) _select(played, seed);
        else if (played.game.hi - played.game.lo > 1) _dissect(played, seed);
        else if (played.game.level == 0) _descend(played, seed);
        else _prove(played);
    }

    function _hash(Played storage played, uint64 position) private view returns (bytes32) {
        Lie memory lie = _claims[played.claim].lie;
        return played.game.level == 0
            ? _graphHash(lie, position)
            : _machineHash(lie, played.graphStep, position);
    }

    function _endsOf(Played storage played, Game memory game) private view returns (bytes32[] memory ends) {
        ends = new bytes32[](_parts(game));
        for (uint64 part = 0; part + 1 < ends.length; part++) {
            ends[part] = _hash(played, _partEnd(game, part));
        }
        ends[ends.length - 1] = game.hiHash;
    }

    function _inner(bytes32[] memory ends) private pure returns (bytes32[] memory inner) {
        inner = new bytes32[](ends.length - 1);
        for (uint256 i = 0; i < inner.length; i++) {
            inner[i] = ends[i];
        }
    }

    /// @dev All levels of the tree over a dissection: 16 leaves, then 8, 4, 2, 1.
    function _tree(bytes32[] memory ends) private pure returns (bytes32[] memory nodes) {
        nodes = new bytes32[](31);
        for (uint256 i = 0; i < ends.length; i++) {
            nodes[i] = ends[i];
        }
        uint256 from = 0;
        uint256 to = 16;
        for (uint256 count = 16; count > 1; count /= 2) {
            for (uint256 i = 0; i < count; i += 2) {
                nodes[to++] = keccak256(abi.encodePacked(nodes[from + i], nodes[from + i + 1]));
            }
            from += count;
        }
    }

    function _dissect(Played storage played, uint256 seed) private {
        Game memory game = played.game;
        bytes32[] memory ends = _endsOf(played, game);
        vm.prank(_claims[played.claim].claim.submitter);
        try pinpoint.dissect(game, _inner(ends), seed % 2 == 0) {
            game.turn = 1;
            game.dissection = _tree(ends)[30];
            played.game = game;
            played.ends = ends;
            counts["dissections"]++;
        } catch {}
    }

    /// @dev The checker takes the first part whose end isn't true. Others take any.
    function _select(Played storage played, uint256 seed) private {
        Game memory game = played.game;
        bytes32[] memory ends = played.ends;
        uint64 part = uint64(seed % ends.length);
        if (game.challenger == checker) {
            for (part = 0; part + 1 < ends.length; part++) {
                uint64 position = _partEnd(game, part);
                bytes32 own =
                    game.level == 0 ? truth[position] : _trueState(played.graphStep, position);
                if (ends[part] != own) break;
            }
        }
        bytes32 loHash = part == 0 ? game.loHash : ends[part - 1];
        bytes32[] memory siblings = _siblings(ends, part);
        vm.prank(game.challenger);
        try pinpoint.select(game, uint8(part), loHash, ends[part], siblings) {
            (game.lo, game.hi) = (part == 0 ? game.lo : _partEnd(game, part - 1), _partEnd(game, part));
            (game.loHash, game.hiHash) = (loHash, ends[part]);
            game.turn = 0;
            game.dissection = 0;
            played.game = game;
            counts["selections"]++;
        } catch {}
    }

    function _siblings(bytes32[] memory ends, uint256 part) private pure returns (bytes32[] memory siblings) {
        bytes32[] memory nodes = _tree(ends);
        siblings = new bytes32[](8);
        uint256 count;
        uint256 low = part == 0 ? 0 : part - 1;
        uint256 from;
        for (uint256 width = 16; width > 1; width /= 2) {
            if (low == part) {
                siblings[count++] = nodes[from + (part ^ 1)];
            } else if (low / 2 != part / 2) {
                siblings[count++] = nodes[from + (low ^ 1)];
                siblings[count++] = nodes[from + (part ^ 1)];
            }
            from += width;
            low /= 2;
            part /= 2;
        }
        assembly {
            mstore(siblings, count)
        }
    }

    function _descend(Played storage played, uint256 seed) private {
        Game memory game = played.game;
        Claimed storage claimed = _claims[played.claim];
        Descent memory descent = _descent(claimed.lie, game.lo);
        bytes32[] memory ends;
        Game memory next = game;
        uint64 step = game.lo;
        if (step < CALLS) {
            next = abi.decode(abi.encode(game), (Game));
            (next.level, next.lo, next.hi, next.code) = (1, 0, RUN, CODE_ROOT);
            next.loHash = starts[step];
            next.hiHash = _machineHash(claimed.lie, step, RUN);
            ends = new bytes32[](_parts(next));
            for (uint64 part = 0; part + 1 < ends.length; part++) {
                ends[part] = _machineHash(claimed.lie, step, _partEnd(next, part));
            }
            ends[ends.length - 1] = next.hiHash;
            next.turn = 1;
            next.dissection = _tree(ends)[30];
        } else {
            ends = new bytes32[](1);
        }
        bytes32[] memory inner = _inner(ends);
        vm.prank(claimed.claim.submitter);
        try pinpoint.descend(game, registration, descent, inner, seed % 2 == 0) {
            counts["descents"]++;
            if (step == CALLS) {
                _over(played);
                return;
            }
            played.graphStep = step;
            played.game = next;
            played.ends = ends;
        } catch {}
    }

    function _prove(Played storage played) private {
        bytes memory witness = abi.encode(starts[played.graphStep]);
        vm.prank(accounts[5]);
        try pinpoint.prove(_claims[played.claim].claim, played.game, witness) {
            _over(played);
            counts["proofs"]++;
        } catch {}
    }

    function _timeout(uint256 i) private {
        Played storage played = _games[i];
        if (!_live(played)) return;
        vm.prank(accounts[5]);
        try pinpoint.timeout(_claims[played.claim].claim, played.game) {
            _over(played);
            counts["timeouts"]++;
        } catch {}
    }

    function _finalize(uint256 c) private {
        Claimed storage claimed = _claims[c];
        if (claimed.over) return;
        try pinpoint.finalize(claimed.claim) {
            claimed.over = true;
            counts["finalized"]++;
        } catch {}
    }

    function _settle(uint256 i) private {
        Played storage played = _games[i];
        if (played.over) return;
        GameState memory before = pinpoint.getGame(gameId(i));
        try pinpoint.settle(_claims[played.claim].claim, played.game) {
            played.over = true;
            counts["settled"]++;
            if (played.game.challenger == checker && before.repaid) {
                checkerDue += REPAYMENT * before.moves;
            }
        } catch {}
    }

    /// @dev A game has been decided, and perhaps its claim with it.
    function _over(Played storage played) private {
        played.over = true;
        bytes32 id = _gameId(played.game);
        GameState memory state = pinpoint.getGame(id);
        ClaimStatus status = pinpoint.getClaim(played.game.claimId).status;
        if (status == ClaimStatus.Fallen) _claims[played.claim].over = true;
        if (played.game.challenger == checker && state.status == GameStatus.ChallengerWon) {
            checkerDue += REPAYMENT * state.moves;
        }
    }
}
