// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPinpoint} from "../src/IPinpoint.sol";
import {Claim, Descent, Game, Leaf} from "../src/Types.sol";
import {Batches} from "./utils/Batches.sol";
import {Cost, Transactions} from "./utils/Transactions.sol";

/// @dev What moves cost at several k, as transactions (isolated calls): intrinsic gas, calldata and its floor (EIP-7623) included.
/// Run with -vv to see the figures. Every move of a game is played on the contracts; the graph's hashes are made up but for the
/// step that is descended into, whose proof is as long as in a full program and a full slot tree. `prove` is without the machine
/// arbiter's work (OpcodeGas.t.sol has that).
contract GasTest is Batches, Transactions {
    /// @dev A dispute: steps of the graph and of the operator, and the step of each that is disputed.
    struct Dispute {
        uint32 length;
        uint64 run;
        uint64 step;
        uint64 instruction;
    }

    /// @dev Gas by side.
    struct Sides {
        uint256 challenger;
        uint256 submitter;
        uint256 rounds;
    }

    function _long() private pure returns (Dispute memory) {
        return Dispute((1 << 20) - 1, 1 << 40, 699_050, 733_007_751_850);
    }

    function _short() private pure returns (Dispute memory) {
        return Dispute(8, 88_051, 5, 58_700);
    }

    /// forge-config: default.isolate = true
    function testALongGameAtK16() public {
        _measure(16, _long());
    }

    /// forge-config: default.isolate = true
    function testALongGameAtK24() public {
        _measure(24, _long());
    }

    /// forge-config: default.isolate = true
    function testALongGameAtK32() public {
        _measure(32, _long());
    }

    /// forge-config: default.isolate = true
    function testALongGameAtK40() public {
        _measure(40, _long());
    }

    /// forge-config: default.isolate = true
    function testALongGameAtK48() public {
        _measure(48, _long());
    }

    /// forge-config: default.isolate = true
    function testALongGameAtK64() public {
        _measure(64, _long());
    }

    /// forge-config: default.isolate = true
    function testAShortGameAtK16() public {
        _measure(16, _short());
    }

    /// forge-config: default.isolate = true
    function testAShortGameAtK24() public {
        _measure(24, _short());
    }

    /// forge-config: default.isolate = true
    function testAShortGameAtK32() public {
        _measure(32, _short());
    }

    /// forge-config: default.isolate = true
    function testAShortGameAtK40() public {
        _measure(40, _short());
    }

    /// forge-config: default.isolate = true
    function testAShortGameAtK48() public {
        _measure(48, _short());
    }

    /// forge-config: default.isolate = true
    function testAShortGameAtK64() public {
        _measure(64, _short());
    }

    /// forge-config: default.isolate = true
    function testABatchOfAThousandRuns() public {
        _prepare(1000);
        uint256 used;
        bytes memory id;
        (used, id) = _send(submitter, CLAIM_BOND, _batchCall());
        _record(Claim(offer, submitter, address(0), 0, 1000, _root(_leaves())));
        assertEq(abi.decode(id, (bytes32)), _claimId(claimed));
        emit log_named_uint("claimBatch of 1,000", used);
        emit log_named_uint("  per run", used / 1000);
        assertLt(used / 1000, 5000, "a batch is cheap");
        _turnTo(500);
        (uint256 challenge,) = _send(alice, CHALLENGE_BOND, _challengeCall());
        emit log_named_uint("  challenge", challenge);
        Game memory game = Game(
            _claimId(claimed),
            alice,
            0,
            ITERATIONS,
            0,
            0,
            0,
            _length(),
            graphHashes[0],
            leaf.end,
            bytes32(0),
            model
        );
        vm.prank(alice);
        pinpoint.concede(claimed, game);
        vm.warp(START + WINDOW);
        (used,) = _send(submitter, 0, abi.encodeCall(IPinpoint.finalize, (claimed)));
        emit log_named_uint("  finalize", used);
    }

    function _send(address sender, uint256 value, bytes memory call)
        private
        returns (uint256 used, bytes memory result)
    {
        Cost memory cost;
        (cost, result) = _transact(address(pinpoint), sender, value, call);
        used = cost.used;
    }

    Dispute private dispute;
    bytes32 private machineStart;
    bytes private instruction;
    bytes32 private slotsRoot;

    /// @dev A model of that many operators, each with neighbours in all trees, and a request for one iteration.
    function _arrange(uint256 k, Dispute memory d) private {
        _deploy(k, d.run);
        dispute = d;
        instruction = program[1];
        uint256 index = d.step;
        _set(programTree, index, keccak256(instruction));
        for (uint256 bit = 1; bit < d.length; bit *= 2) {
            _set(programTree, index ^ bit, keccak256(abi.encode("instruction", bit)));
        }
        for (uint256 bit = 1; bit < d.length && bit < 1 << 14; bit *= 2) {
            _set(slotTree, CONSTANT + bit, keccak256(abi.encode("constant", bit)));
            _set(slotTree, TEMPORARY + bit, keccak256(abi.encode("temporary", bit)));
        }
        _set(slotTree, INPUT, _zero(21));
        registration = _registration(1);
        registration.length = d.length;
        model = registry.register(registration);
        offer = registry.offer(model, _terms());
        _set(slotTree, INPUT, keccak256("input"));
        request.model = model;
        request.iterations = 1;
        graphHashes[0] = keccak256(_running(0, _rootOf(slotTree)));
        slotsRoot = _rootOf(slotTree);
        machineStart = _machineStart(instruction, 0);
    }

    /// @dev The submitter's hash at a position.
    function _hash(Game memory game, uint64 position) private view returns (bytes32) {
        if (game.level == 1) {
            if (position <= dispute.instruction) return counting.state(machineStart, CODE_ROOT, position);
            return keccak256(abi.encode("false", position));
        }
        if (position == dispute.step) return keccak256(_running(position, slotsRoot));
        if (position == dispute.step + 1) return falseNext;
        return keccak256(abi.encode("made up", position));
    }

    bytes32 private falseNext;

    function _endsOf(Game memory game) private view returns (bytes32[] memory ends) {
        ends = new bytes32[](_parts(game));
        for (uint64 i = 0; i + 1 < ends.length; i++) {
            ends[i] = _hash(game, _partEnd(game, i));
        }
        ends[ends.length - 1] = game.hiHash;
    }

    function _part(Game memory game) private view returns (uint64 part) {
        uint64 step = game.level == 0 ? dispute.step : dispute.instruction;
        while (_partEnd(game, part) <= step) part++;
    }

    function _stepDescent() private returns (Descent memory descent) {
        uint256[] memory index = new uint256[](1);
        index[0] = dispute.step;
        descent.state = _running(dispute.step, slotsRoot);
        descent.instruction = instruction;
        descent.instructionProof = _proof(programTree, index, 3);
        uint256[] memory slots = _sorted(_operands(instruction));
        descent.operandRoots = new bytes32[](slots.length);
        for (uint256 i = 0; i < slots.length; i++) {
            descent.operandRoots[i] = _slot(slots[i]);
        }
        descent.operandProof = _proof(slotTree, slots, 28);
        descent.steps = dispute.run;
        descent.outputRoot = FALSE_OUTPUT;
    }

    function _measure(uint256 k, Dispute memory d) private {
        _arrange(k, d);
        // The false output's state, which the descent leads to.
        uint256 output = _operands(instruction)[0];
        bytes32 before = _slot(output);
        _set(slotTree, output, FALSE_OUTPUT);
        falseNext = keccak256(_running(d.step + 1, _rootOf(slotTree)));
        _set(slotTree, output, before);
        emit log_named_uint("k", k);
        bytes32 end = keccak256("end");
        (uint256 used,) =
            _send(submitter, CLAIM_BOND, abi.encodeCall(IPinpoint.claim, (offer, request, end, new bytes(0))));
        emit log_named_uint("  claim", used);
        _record(_singleClaim(end));
        leaf = Leaf(0, end, new bytes32[](0));
        Sides memory cost;
        (used,) = _send(alice, CHALLENGE_BOND, _challengeCall());
        emit log_named_uint("  challenge", used);
        cost.challenger = used;
        Game memory game = Game(
            _claimId(claimed),
            alice,
            0,
            1,
            0,
            0,
            0,
            uint64(d.length) + 1,
            graphHashes[0],
            end,
            bytes32(0),
            model
        );
        while (game.level == 0 || game.hi - game.lo > 1) {
            game = _measureRound(k, game, cost);
        }
        assertEq(game.lo, d.instruction);
        uint256 snapshot = vm.snapshotState();
        (used,) =
            _send(submitter, 0, abi.encodeCall(IPinpoint.prove, (claimed, game, abi.encode(machineStart))));
        emit log_named_uint("  prove, arbiter excluded", used);
        vm.revertToState(snapshot);
        vm.warp(block.timestamp + 10 * CLOCK);
        (used,) = _send(alice, 0, abi.encodeCall(IPinpoint.timeout, (claimed, game)));
        emit log_named_uint("  timeout", used);
        emit log_named_uint("  rounds", cost.rounds);
        emit log_named_uint("  challenger's moves", cost.challenger);
        emit log_named_uint("  submitter's moves", cost.submitter);
        uint256 total = cost.challenger + cost.submitter + used;
        emit log_named_uint("  whole game", total);
        assertLt(total, 3_000_000, "a challenger's bond must pay for a whole game");
    }

    function _measureRound(uint256 k, Game memory game, Sides memory cost)
        private
        returns (Game memory selected)
    {
        uint256 used;
        Game memory next;
        bytes32[] memory ends;
        bool first = cost.rounds == 0;
        if (game.hi - game.lo > 1) {
            ends = _endsOf(game);
            next = _afterDissect(game, ends);
            if (first) {
                uint256 snapshot = vm.snapshotState();
                (used,) = _send(submitter, 0, abi.encodeCall(IPinpoint.dissect, (game, _inner(ends), true)));
                emit log_named_uint("  dissect, kept", used);
                vm.revertToState(snapshot);
            }
            (used,) = _send(submitter, 0, abi.encodeCall(IPinpoint.dissect, (game, _inner(ends), false)));
            if (game.hi - game.lo >= k) emit log_named_uint("  dissect", used);
        } else {
            Descent memory descent = _stepDescent();
            next = _copy(game);
            next.level = 1;
            next.lo = 0;
            next.hi = descent.steps;
            next.loHash = machineStart;
            next.hiHash = keccak256(abi.encodePacked(uint8(2), FALSE_OUTPUT));
            next.code = CODE_ROOT;
            ends = _endsOf(next);
            next.turn = 1;
            next.dissection = _dissectionRoot(ends);
            (used,) = _send(
                submitter,
                0,
                abi.encodeCall(IPinpoint.descend, (game, registration, descent, _inner(ends), false))
            );
            emit log_named_uint("  descend", used);
        }
        cost.submitter += used;
        uint64 part = _part(next);
        selected = _afterSelect(next, ends, part);
        (used,) = _send(
            alice,
            0,
            abi.encodeCall(
                IPinpoint.select, (next, uint8(part), selected.loHash, selected.hiHash, _siblings(ends, part))
            )
        );
        if (next.hi - next.lo >= k) emit log_named_uint("  select", used);
        cost.challenger += used;
        cost.rounds++;
    }
}
